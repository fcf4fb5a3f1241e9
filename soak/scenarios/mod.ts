/** All scenarios, in the order in which they run. */
import type { Scenario } from "../scenario.ts";
import { churn } from "./churn.ts";
import { garbage } from "./garbage.ts";
import { kills } from "./kills.ts";

/** Each of them has a name of its own. */
export const scenarios: readonly Scenario[] = [kills, churn, garbage];
