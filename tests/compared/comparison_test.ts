/**
 * The same scripts of calls (tests/compared/compared_scripts.ts), played with the Go shim and with ours: what comes of each call, and the
 * events, are the same, field by field, but for what is listed here.
 */
import { assertEquals } from "@std/assert";
import { GO_SHIM, isGoShimKnown } from "../harness/shim/go_shim.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";
import { FOLDER, path } from "./call_script.ts";
import { SCRIPTS } from "./compared_scripts.ts";
import { type Difference, differencesOf } from "./differences.ts";
import { play } from "./play.ts";

/** What the Go shim made of a step, an event or a field, and what ours did. */
type Pair = readonly [go: Pattern, ours: Pattern];
type Pattern = string | RegExp;

/** Differences, and why they are. */
interface Acceptance {
  readonly why: string;
  /** Matches the script's name and what differs: `a stopped container: delete.exitStatus`. */
  readonly where?: RegExp;
  readonly pairs: readonly Pair[];
}

/** What differs on purpose from the Go shim of containerd 1.6. A pair that is not needed any more is a failure, too. */
const ACCEPTED: readonly Acceptance[] = [
  // Errors: 2 is UNKNOWN, 3 INVALID_ARGUMENT, 5 NOT_FOUND, 6 ALREADY_EXISTS, 9 FAILED_PRECONDITION, 12 UNIMPLEMENTED, 13 INTERNAL.
  {
    why:
      "a call in a state that does not allow it has a code of its own: clients can tell it from a failure",
    pairs: [
      ["error 2: cannot start a running process", "error 9: cannot start a running process"],
      ["error 2: cannot start a paused process", "error 9: cannot start a paused process"],
      ["error 2: cannot start a stopped process", "error 9: cannot start a stopped process"],
      ["error 2: cannot delete a running process", "error 9: cannot delete a running process"],
      ["error 2: cannot delete a paused process", "error 9: cannot delete a paused process"],
      ["error 2: cannot pause task in created state", "error 9: cannot pause a created process"],
      ["error 2: cannot pause a paused container", "error 9: cannot pause a paused process"],
      ["error 2: cannot pause a stopped container", "error 9: cannot pause a stopped process"],
      ["error 2: cannot resume task in created state", "error 9: cannot resume a created process"],
      ["error 2: cannot resume a running process", "error 9: cannot resume a running process"],
      ["error 2: cannot resume a stopped container", "error 9: cannot resume a stopped process"],
      [
        "error 2: cannot checkpoint a task in created state",
        "error 9: cannot checkpoint a created process",
      ],
      [
        "error 2: cannot checkpoint a stopped container",
        "error 9: cannot checkpoint a stopped process",
      ],
      ["error 2: cannot exec in a paused state", "error 9: the container box is paused"],
      [
        /^error 2: OCI runtime exec failed: exec failed: cannot exec in a paused container /,
        "error 9: the container box is paused",
      ],
      [
        "error 2: cannot exec in a stopped state",
        "error 9: the init process of container box is not running",
      ],
      [
        "error 2: OCI runtime exec failed: exec failed: cannot exec in a stopped container",
        "error 9: the init process of container box is not running",
      ],
    ],
  },
  {
    why: "an Update that comes too late is not found: that is no error to Kubernetes",
    pairs: [["error 2: cannot update a stopped container", "error 5: process already finished"]],
  },
  {
    why: "an id that is taken exists already",
    pairs: [[
      "error 2: OCI runtime create failed: runc create failed: container with given ID already exists",
      "error 6: the container box exists already",
    ]],
  },
  {
    why: "by Connect a restarted containerd 1.6 tells a shim that it died too early to use",
    where: /: (Connect|connect after the delete)$/,
    pairs: [["answer", "error 5: there is no container box"]],
  },
  {
    why: "what is not there is not found, by CloseIO as well",
    where: /: CloseIO of an exec$/,
    pairs: [[
      "error 2: process does not exist one: not found",
      "error 5: there is no process with the exec id one",
    ]],
  },
  {
    why: "what can't be understood, or done as it is asked for, is an invalid argument",
    pairs: [
      [
        "error 2: type with url containerd.runc.v1.Nosuch: not found",
        /^error 3: expected (runtime|checkpoint) options of the type .*, not containerd\.runc\.v1\.Nosuch$/,
      ],
      [
        "error 2: OCI runtime create failed: runc create failed: container id cannot be empty",
        'error 3: expected an id of 1 to 76 letters, digits, dots and dashes, not ""',
      ],
      [
        "error 9: unexpected EOF",
        /^error 3: can't (read the runtime|decode the checkpoint) options: /,
      ],
      [
        "error 2: unexpected end of JSON input",
        'error 3: expected an OCI LinuxResources as a JSON object, not ""',
      ],
      [
        "error 2: invalid character 'ÿ' looking for beginning of value",
        /^error 3: expected an OCI (LinuxResources|process) as a JSON object, not /,
      ],
      [
        "error 2: json: cannot unmarshal array into Go value of type specs.LinuxResources",
        'error 3: expected an OCI LinuxResources as a JSON object, not "[]"',
      ],
      [
        "error 2: json: cannot unmarshal array into Go value of type specs.Process",
        'error 3: expected an OCI process as a JSON object, not "[]"',
      ],
      [
        "error 2: failed to create init process I/O: unknown STDIO scheme nosuch",
        "error 3: unknown scheme nosuch for stdout; known is fifo, file, binary and binary-v2: nosuch:///x",
      ],
      [
        /^error 2: failed to start io pipe copy: .* open \S+\/nosuch: no such file or directory$/,
        /^error 3: expected a FIFO for stdout at \S+\/nosuch: No such file or directory /,
      ],
      [
        /^error 2: unknown error after kill: .* unable to signal init: invalid argument$/,
        "error 3: expected a signal from 0 to 64, not 999",
      ],
      [
        "error 2: exec kill error: unknown error after kill: invalid argument",
        "error 3: expected a signal from 0 to 64, not 999",
      ],
    ],
  },
  {
    why:
      "where nothing is left to kill, that is said whatever runc there is: from 1.2 on Go's says so, too",
    where: /^a stopped container: kill of all$/,
    pairs: [["answer", "error 5: process already finished"]],
  },
  {
    why: "a signal that there is not reaches no process, so the call has failed",
    where: /^a running container: kill of all by no signal$/,
    pairs: [["answer", "error 3: expected a signal from 0 to 64, not 999"]],
  },
  {
    why:
      "the same in other words; where Go's end with the name of the code, containerd's client takes that off",
    pairs: [
      ["error 5: container not created: not found", /^error 5: there is no container\b/],
      [
        "error 5: process does not exist one: not found",
        "error 5: there is no process with the exec id one",
      ],
      ["error 5: process already finished: not found", "error 5: process already finished"],
      ["error 6: id one: already exists", "error 6: the exec id one is taken"],
      ["error 9: process not created: failed precondition", "error 9: process not created"],
      ["error 12: service no.such.Service", "error 12: service no.such.Service is not served here"],
      [
        /^error 12: method \w+$/,
        /^error 12: method \w+ is not one of service containerd.task.v2.Task$/,
      ],
      [
        /^error 13: ttrpc: error unmarshalling payload: /,
        /^error 13: can't decode the request: /,
      ],
      [
        /^error 2: failed to mount rootfs component &.* no such device$/,
        /^error 2: failed to mount rootfs component: .* no such device$/,
      ],
      [
        /^error 2: failed to mount rootfs component &.* no such file or directory$/,
        /^error 2: failed to mount rootfs component: .* no such file or directory$/,
      ],
      [
        /^error 2: json: cannot unmarshal string into Go struct field LinuxResources/,
        /^error 2: OCI runtime update failed: json: cannot unmarshal string into Go struct field LinuxResources/,
      ],
      [
        /^error 2: runc did not terminate successfully: exit status 1: failed to write "99999": /,
        /^error 2: OCI runtime update failed: failed to write "99999": /,
      ],
    ],
  },
  {
    why: "a runtime that could not run has logged nothing, so ours does not look for it",
    where: /^Create that fails: a runtime that /,
    pairs: [
      [
        /^error 2: OCI runtime create failed: unable to retrieve .*: fork\/exec \/no\/such\/runtime: no such file or directory$/,
        'error 2: OCI runtime create failed: exec: "/no/such/runtime": no such file or directory',
      ],
      [
        /^error 2: OCI runtime create failed: unable to retrieve .*: exec: "nosuch": executable file not found in \$PATH$/,
        'error 2: OCI runtime create failed: exec: "nosuch": executable file not found in $PATH',
      ],
      [
        /^error 2: OCI runtime create failed: unable to retrieve .*: false did not terminate successfully: exit status 1$/,
        "error 2: OCI runtime create failed: false create ended with exit status 1 and logged no error",
      ],
    ],
  },
  {
    why: "containerd makes the bundle, so no client can name one that is not there",
    where: /^Create that fails: a bundle that is not there$/,
    pairs: [[
      /^error 5: mkdir .*: no such file or directory$/,
      /^error 2: No such file or directory /,
    ]],
  },

  // Ends of processes that did not run.
  {
    why: "no time is no field, which containerd reads as Go's zero time",
    pairs: [["Go's zero time", "none"]],
  },
  {
    why:
      "the init of a created container that is deleted was killed, at a time, which the Go shim does not tell",
    where: /^(what is not there: (remove|\/tasks)|Delete of a created container: (delete|\/tasks))/,
    pairs: [["0", "137"], ["Go's zero time", /^the time of /]],
  },
  {
    why: "nor does it tell who waits for it",
    where: /^Delete of a created container: wait$/,
    pairs: [["no answer", "answer"]],
  },
  {
    why:
      "an exec that never ran has not ended well: its status is what containerd has for an unknown one",
    where: /exec|^Exec that fails/,
    pairs: [["0", "255"], ["Go's zero time", /^the time of /]],
  },
  {
    why:
      "an exec that could not be started has stopped; a second Start of it ends the Go shim by a panic",
    where:
      /^(Exec that fails: (state|kill) of no program|an exec whose output is not there: state of)/,
    pairs: [
      ["1", "3"],
      ["error 9: process not created: failed precondition", "error 5: process already finished"],
    ],
  },
  {
    why: "a resize of what has just ended is no error: ctr asks for one after each start",
    where: /: resize after the end$/,
    pairs: [["error 2: cannot resize a stopped container", "answer"]],
  },

  {
    why:
      "a stopped container has its init's pid until it is deleted: containerd 1.7, started again, ends a shim without any",
    where: /^(the life of an init: pids after the end|a stopped container: pids)\.processes/,
    pairs: [["0", "1"], ["nothing", 'the pid of "create"'], ["nothing", "none"]],
  },

  // Execs.
  {
    why:
      "files in the bundle are named by exec ids, so none may lead out of it; containerd refuses the same",
    where: /^Exec of what can't be: (an id|\/tasks\/exec-added)/,
    pairs: [
      ["answer", /^error 3: expected an exec id of .*, not "/],
      ["event", "nothing"],
    ],
  },
  {
    why: "whether an OCI process is a good one is left to the runtime, which says so at its start",
    where: /^Exec of what can't be: /,
    pairs: [
      [/^error 2: json: cannot unmarshal (string|number -1) into Go struct field /, "answer"],
      [
        /^error 5: process does not exist (one|two): not found$/,
        /^error 2: OCI runtime exec failed: exec failed: json: cannot unmarshal (string|number -1) /,
      ],
      ["nothing", "event"],
      [
        /added of \.\.\/one, \/tasks\/exec-added of one two, \/tasks\/exec-added of -one, \/tasks\/exit/,
        /added of one, \/tasks\/exec-added of two, \/tasks\/exit/,
      ],
    ],
  },
  {
    why: "each stream may be missing",
    where: /^(a terminal without streams|an output without the other): /,
    pairs: [
      ["error 2: failed to start console copy: stat : no such file or directory", "answer"],
      [/^error 2: failed to start io pipe copy: .* open : no such file or directory$/, "answer"],
      ["nothing", "event"],
      [
        /exec-added of one, \/tasks\/exit of box, /,
        /exec-added of one, \/tasks\/exec-started of one, \/tasks\/exit of one, \/tasks\/exit of box, /,
      ],
    ],
  },
  {
    why:
      "init's end is the last to be told, in a container without a PID namespace of its own as well",
    where: /^a container in the host's PID namespace: events$/,
    pairs: [[
      /, \/tasks\/exit of box, \/tasks\/exit of one, \/tasks\/delete of box$/,
      /, \/tasks\/exit of one, \/tasks\/exit of box, \/tasks\/delete of box$/,
    ]],
  },

  // The program.
  {
    why: "where an output is not there, the Go shim leaves a container behind for `delete` to find",
    where: /^Create that fails: clean-up of the output\.pid$/,
    pairs: [[/^the pid of /, "0"]],
  },
  {
    why: "`delete` removes the socket of a killed shim",
    where: /^the program: after the end\.socket$/,
    pairs: [["true", "false"]],
  },
  {
    why: "a program has its own name, version and words",
    where: /^the program: /,
    pairs: [
      [
        /^\S+\/containerd-shim-runc-v2:\n {2}Version: {2}\S+\n/,
        /^containerd-shim-ts-v2:\n {2}Version: {2}\S+\n/,
      ],
      [/ namespace cannot be empty$/, / the flag -namespace is required and can't be empty\n$/],
      [/^flag provided but not defined: -nosuch\n/, / unknown flag -nosuch; known are /],
    ],
  },
  {
    why: "a wrong command line is an error like any other",
    where: /^the program: another flag\.code$/,
    pairs: [["2", "1"]],
  },
];

const usedPairs = new Set<Pair>();
let played = 0;

if (!isGoShimKnown) {
  Deno.test.ignore("like the Go shim of containerd 1.6, with runc 1.1 on cgroup v1", () => {});
}

for (const script of isGoShimKnown ? SCRIPTS : []) {
  test(`like the Go shim: ${script.name}`, async (containerd) => {
    const { namespace, rootfs, runtime } = containerd;
    const host = { folder: FOLDER, address: path("containerd.sock"), namespace, rootfs };
    const go = await play(script, { ...host, runtime: GO_SHIM });
    const ours = await play(script, { ...host, runtime });
    // The Go shim itself is like the Go shim in everything.
    const accepted = runtime.name === GO_SHIM.name ? [] : ACCEPTED;
    const isAccepted = (difference: Difference) => accept(accepted, script.name, difference);
    assertEquals(differencesOf(go, ours).filter((difference) => !isAccepted(difference)), []);
    played++;
  });
}

testBetterThanGo("all accepted differences from the Go shim are still there", () => {
  const unused = ACCEPTED.flatMap(({ pairs }) => pairs).filter((pair) => !usedPairs.has(pair));
  // Where only some of the tests ran, or not all went well, nobody knows.
  if (played === SCRIPTS.length) assertEquals(unused, []);
  return Promise.resolve();
});

/** Whether a difference is one of those accepted. */
function accept(accepted: readonly Acceptance[], script: string, difference: Difference): boolean {
  const pairs = accepted
    .filter(({ where }) => where?.test(`${script}: ${difference.where}`) ?? true)
    .flatMap(({ pairs }) => pairs)
    .filter(([go, ours]) => matches(difference.go, go) && matches(difference.ours, ours));
  for (const pair of pairs) usedPairs.add(pair);
  return pairs.length > 0;
}

function matches(text: string, pattern: Pattern): boolean {
  return typeof pattern === "string" ? text === pattern : pattern.test(text);
}
