/** What all rows are measured with. */
import { Container, type ContainerOptions } from "./container.ts";
import type { Column, Results, Row } from "./results.ts";
import type { Stage } from "./stage.ts";

/** Rows that are measured together. */
export interface Family {
  /** What it is chosen by on the command line. */
  readonly name: string;
  /** The containerd, as of `--containerd`, that it is measured with where there is an older one. */
  readonly containerd?: string;
  measure(bench: Bench): Promise<void>;
}

/** One run of the benchmark. */
export class Bench {
  constructor(
    /** Go's, and ours. */
    readonly stages: readonly Stage[],
    readonly results: Results,
    /** How often what takes little time is measured. */
    readonly rounds: number,
    /** How long servers are watched that have nothing to do. */
    readonly idleSeconds: number,
    /** After so many execs the memory is measured once more; 0 for not. */
    readonly execs: number,
  ) {}

  /**
   * Does the same on all stages in each round, see {@linkcode inTurn}.
   * @param stages Default: the benchmark's.
   */
  async inRounds(
    rounds: number,
    work: (stage: Stage, round: Round) => Promise<void>,
    stages: readonly Stage[] = this.stages,
  ): Promise<void> {
    await this.inTurn(rounds, stages, work);
  }

  /**
   * Does the same for all that is compared in each round, in this order in one round and in the reverse in the next. What the very
   * first round measures is thrown away.
   */
  async inTurn<Compared extends { readonly column: Column }>(
    rounds: number,
    compared: readonly Compared[],
    work: (each: Compared, round: Round) => Promise<void>,
  ): Promise<void> {
    for (let index = 0; index <= rounds; index++) {
      for (const each of index % 2 === 0 ? compared : compared.toReversed()) {
        const into = index === 0 ? undefined : this.results;
        await work(each, new Round(each.column, crypto.randomUUID().slice(0, 8), into));
      }
    }
  }

  /** Runs a container on each stage, for what is measured in running ones. */
  async boxes(options?: ContainerOptions): Promise<Boxes> {
    const boxes = new Map<Stage, Container>();
    for (const stage of this.stages) boxes.set(stage, await Container.run(stage, "box", options));
    return new Boxes(boxes);
  }
}

/** One round on one stage. */
export class Round {
  constructor(
    private readonly column: Column,
    /** Free for a container's, or an exec's. */
    readonly id: string,
    private readonly results: Results | undefined,
  ) {}

  /** Adds a value to a row. */
  add(row: Row, value: number): void {
    this.results?.add(row, this.column, value);
  }

  /** Does something, and adds the milliseconds that it took. Rows of parts of it come below. */
  async time(row: Row, work: () => Promise<void>): Promise<void> {
    this.results?.place(row);
    const begin = performance.now();
    await work();
    this.add(row, performance.now() - begin);
  }
}

/** A running container on each stage, until it is disposed of. */
export class Boxes implements AsyncDisposable {
  constructor(private readonly boxes: ReadonlyMap<Stage, Container>) {}

  on(stage: Stage): Container {
    return this.boxes.get(stage)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const box of this.boxes.values()) await box[Symbol.asyncDispose]();
  }
}
