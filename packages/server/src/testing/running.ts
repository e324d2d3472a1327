/** Applications that were started and not disposed of. */
export const running = new Set<string>();
