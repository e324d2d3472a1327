/** Molva as a process of its own, on a data folder of its own. */
export declare class MolvaProcess implements AsyncDisposable {
    #private;
    [Symbol.asyncDispose]: () => Promise<void>;
    readonly url: string;
    readonly folder: string;
    /** Everything the process printed, over all its lives. */
    output: string;
    private constructor();
    /** Starts one with the given settings over its own. */
    static start(environment?: Record<string, string>): Promise<MolvaProcess>;
    /** Starts the process and waits until it says that it runs; rejects with its words where it ends instead. */
    run(): Promise<void>;
    /** Ends the process with a signal; answers its exit code, null where the signal killed it. */
    signal(signal: NodeJS.Signals): Promise<number | null>;
    /** The demo chat of a language. */
    demoChat(language: string): Promise<string>;
    /** Logs in as the administrator whose password was printed; answers the headers of its calls. */
    admin(): Promise<Record<string, string>>;
}
/** A port nobody uses at the moment. */
export declare function freePort(): Promise<number>;
//# sourceMappingURL=molva.d.ts.map