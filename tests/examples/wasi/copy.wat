;; Writes "ready" to standard error, and what it reads to standard output.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\10\00\00\00\06\00\00\00ready\n")
  (func (export "_start")
    (drop (call $write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 0)))
    (loop $more
      (i32.store (i32.const 8) (i32.const 1024))
      (i32.store (i32.const 12) (i32.const 1024))
      (drop (call $read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 12)))
      (if (i32.load (i32.const 12)) (then
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
        (br $more))))))
