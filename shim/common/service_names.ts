/** The names of the ttrpc services of a shim. */

/** The Task service: containerd 1.6 and 1.7, and their shims, know the first, 2.x the second. Methods and messages are the same. */
export const TASK_SERVICES: readonly string[] = [
  "containerd.task.v2.Task",
  "containerd.task.v3.Task",
];

/** The Sandbox service, of pods without a pause container; it has this name in every containerd. */
export const SANDBOX_SERVICE = "containerd.runtime.sandbox.v1.Sandbox";
