;; Makes the file named by its first argument, below the folder that is its descriptor 3; its exit code is the errno of that.
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $path i32)
    (drop (call $args_sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 1024) (i32.const 4096)))
    (local.set $path (i32.load (i32.const 1028)))
    (call $exit
      (call $open (i32.const 3) (i32.const 1) (local.get $path)
        ;; Up to the NUL at the end of all arguments.
        (i32.sub (i32.add (i32.load (i32.const 4)) (i32.const 4095)) (local.get $path))
        (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))))
