/** All scenarios, in the order in which they run. */
import type { Scenario } from "../round/scenario.ts";
import { away } from "./away.ts";
import { churn } from "./churn.ts";
import { clients } from "./clients.ts";
import { descriptors } from "./descriptors.ts";
import { disk } from "./disk.ts";
import { garbage } from "./garbage.ts";
import { kills } from "./kills.ts";
import { lives } from "./lives.ts";
import { memory } from "./memory.ts";
import { runtimes } from "./runtimes.ts";
import { spoilt } from "./spoilt.ts";
import { stopped } from "./stopped.ts";

/** Each of them has a name of its own. The first ones take what they are given of the time, the others some seconds a round. */
export const scenarios: readonly Scenario[] = [
  churn,
  garbage,
  kills,
  clients,
  runtimes,
  spoilt,
  lives,
  away,
  stopped,
  disk,
  descriptors,
  memory,
];
