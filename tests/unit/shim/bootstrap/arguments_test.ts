import { assertEquals, assertThrows } from "@std/assert";
import { type Arguments, parseArguments } from "../../../../shim/bootstrap/arguments.ts";

const DEFAULTS: Arguments = {
  action: "serve",
  namespace: "n",
  id: "",
  address: "",
  socket: "",
  doors: "",
  bundle: Deno.cwd(),
  debug: false,
  version: false,
  info: false,
};

/** That these arguments are read as the defaults with some changes. */
function assertParsed(args: string[], changes: Partial<Arguments>): void {
  assertEquals(parseArguments(args), { ...DEFAULTS, ...changes }, args.join(" "));
}

Deno.test("arguments: without an action it serves, in the current folder", () => {
  assertParsed(["-namespace", "n"], {});
});

Deno.test("arguments: start as containerd calls it", () => {
  assertParsed(
    "-namespace n -address /run/containerd/containerd.sock -publish-binary /usr/bin/containerd -id c1 -debug start"
      .split(" "),
    { action: "start", address: "/run/containerd/containerd.sock", id: "c1", debug: true },
  );
});

Deno.test("arguments: delete as containerd calls it", () => {
  assertParsed(["-namespace", "n", "-id", "c1", "-bundle", "/run/b", "delete"], {
    action: "delete",
    id: "c1",
    bundle: "/run/b",
  });
});

Deno.test("arguments: one dash or two, the value after = or as the next argument", () => {
  for (const name of ["-id", "--id"]) {
    assertParsed(["-namespace", "n", name, "x", "start"], { id: "x", action: "start" });
    assertParsed(["-namespace", "n", `${name}=x`, "start"], { id: "x", action: "start" });
  }
});

Deno.test("arguments: a value may hold an =, begin with a dash, look like a flag, a number or nothing", () => {
  for (const value of ["a=b", "-x", "--id", "-debug", "=", "007", "1e3", "true", "a b", "é", ""]) {
    assertParsed(["-namespace", "n", "-id", value, "start"], { id: value, action: "start" });
    assertParsed(["-namespace", "n", `-id=${value}`, "start"], { id: value, action: "start" });
  }
});

Deno.test("arguments: of a flag given twice the last value counts", () => {
  assertParsed(["-namespace", "m", "-id", "a", "-id=b", "-namespace", "n"], { id: "b" });
});

Deno.test("arguments: a boolean takes no next argument", () => {
  assertParsed(["-namespace", "n", "-debug", "start"], { debug: true, action: "start" });
  assertParsed(["-namespace", "n", "--debug=true", "start"], { debug: true, action: "start" });
  assertParsed(["-namespace", "n", "-debug=false", "start"], { debug: false, action: "start" });
});

Deno.test("arguments: what follows the action is no flag", () => {
  assertParsed(["-namespace", "n", "start", "-id", "x", "-unknown"], { action: "start" });
});

Deno.test("arguments: an unknown action is passed on", () => {
  assertParsed(["-namespace", "n", "stop"], { action: "stop" });
});

Deno.test("arguments: the version needs no namespace", () => {
  for (const name of ["-v", "--v", "-version", "--version"]) {
    assertParsed([name], { version: true, namespace: "" });
  }
});

Deno.test("arguments: an empty bundle is the current folder", () => {
  assertParsed(["-namespace", "n", "-bundle", "", "delete"], { action: "delete" });
});

Deno.test("arguments: a namespace is required, and not an empty one", () => {
  for (const args of [[], ["start"], ["-namespace", ""], ["-namespace=", "start"]]) {
    assertThrows(
      () => parseArguments(args),
      Error,
      "the flag -namespace is required and can't be empty",
    );
  }
});

Deno.test("arguments: an unknown flag is named, with those that are known", () => {
  for (const flag of ["-foo", "--foo", "-foo=1", "-i", "-toString"]) {
    const name = flag.replace(/^-+/, "").replace(/=.*/, "");
    const error = assertThrows(() => parseArguments(["-namespace", "n", flag, "start"]), Error);
    assertEquals(
      error.message,
      `unknown flag -${name}; known are -namespace, -id, -address, -socket, -bundle, -doors, ` +
        "-publish-binary, -debug-socket, -debug, -version, -v, -info",
    );
  }
});

Deno.test("arguments: a flag without its value is named", () => {
  assertThrows(
    () => parseArguments(["-namespace", "n", "-id"]),
    Error,
    "the flag -id needs a value",
  );
});

Deno.test("arguments: a boolean is true or false", () => {
  assertThrows(
    () => parseArguments(["-namespace", "n", "-debug=maybe", "start"]),
    Error,
    "expected true or false for the flag -debug, not maybe",
  );
});
