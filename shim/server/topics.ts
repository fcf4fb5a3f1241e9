/** The events of tasks: the package `containerd.events`. */
import {
  TaskCheckpointed,
  TaskCreate,
  TaskDelete,
  TaskExecAdded,
  TaskExecStarted,
  TaskExit,
  TaskOOM,
  TaskPaused,
  TaskResumed,
  TaskStart,
} from "../../proto/mod.ts";

/** By the names of their messages: the topic of each, and the message. */
export const TOPICS = {
  TaskCreate: { topic: "/tasks/create", message: TaskCreate },
  TaskStart: { topic: "/tasks/start", message: TaskStart },
  TaskExecAdded: { topic: "/tasks/exec-added", message: TaskExecAdded },
  TaskExecStarted: { topic: "/tasks/exec-started", message: TaskExecStarted },
  TaskExit: { topic: "/tasks/exit", message: TaskExit },
  TaskOOM: { topic: "/tasks/oom", message: TaskOOM },
  TaskPaused: { topic: "/tasks/paused", message: TaskPaused },
  TaskResumed: { topic: "/tasks/resumed", message: TaskResumed },
  TaskCheckpointed: { topic: "/tasks/checkpointed", message: TaskCheckpointed },
  TaskDelete: { topic: "/tasks/delete", message: TaskDelete },
} as const;
