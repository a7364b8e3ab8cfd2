/** The command that runs npm: the npm that started this process, where there is one. */
export declare function npmCommand(args: readonly string[]): { command: string; args: string[]; shell: boolean };
