/** A person who answers in sessions. */
export interface OperatorRecord {
  readonly id: number;
  readonly name: string;
  readonly avatar: string | null;
  /** Not blocked, and with a role that answers in sessions. */
  readonly canAnswer: boolean;
}

/** A group's own service-level timers, seconds; 0 where it has none. */
export interface GroupRecord {
  readonly id: string;
  readonly name: string;
  readonly timerFirstAnswer: number;
  readonly timerNextAnswers: number;
}

/** Where operators come from. */
export interface OperatorSource {
  /** An operator of the company, whatever its status; undefined where there is none. */
  find(companyId: number, operatorId: number): Promise<OperatorRecord | undefined>;
  /** A group of the company. */
  group(companyId: number, groupId: string): Promise<GroupRecord | undefined>;
  /**
   * The member of the group (of the whole company where it is null) that is online and has the fewest live sessions;
   * of several the one whose last assignment is longest ago; never one of `except`. Marks the choice as assigned now,
   * so that choices made at the same time spread.
   */
  leastLoaded(
    companyId: number,
    groupId: string | null,
    except: readonly number[],
  ): Promise<OperatorRecord | undefined>;
}
