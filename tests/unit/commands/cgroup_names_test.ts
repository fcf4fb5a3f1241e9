import { assertEquals } from "@std/assert";
import { isOfContainer } from "../../../commands/find/cgroups.ts";

Deno.test("cgroups: a container's has its id for a name, and no part of one", () => {
  const id = "b";
  const own = ["/ns/b", "/ns/b/inner", "/kubepods/pod1/b", "/a.slice/cri-containerd-b.scope"];
  const others = ["/", "/ns-b", "/ns/ab", "/38903ab8/a", "/a.slice/cri-containerd-ab.scope"];
  assertEquals(own.filter((path) => !isOfContainer(path, id)), []);
  assertEquals(others.filter((path) => isOfContainer(path, id)), []);
});
