/**
 * How long what decides about access is believed without asking the database, in milliseconds: the longest that another
 * node's change takes to arrive.
 */
export const BELIEVED_MS = 5_000;
