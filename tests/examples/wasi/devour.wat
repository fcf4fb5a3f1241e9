;; Takes more and more memory, and uses it.
(module
  (memory (export "memory") 1)
  (func (export "_start") (local $at i32)
    (loop $more
      (if (i32.ne (memory.grow (i32.const 16)) (i32.const -1)) (then
        (memory.fill (local.get $at) (i32.const 1) (i32.const 1048576))
        (local.set $at (i32.add (local.get $at) (i32.const 1048576)))
        (br $more))))))
