// The part of blessed (which has no types of its own) that blessed-screen.ts uses.
declare module "blessed/lib/program.js" {
  export interface BlessedKey {
    readonly name?: string;
    readonly code?: string;
    readonly sequence?: string;
    readonly ctrl?: boolean;
    readonly meta?: boolean;
    readonly shift?: boolean;
  }

  export interface Program {
    readonly cols: number;
    readonly rows: number;
    readonly input: NodeJS.ReadStream;
    alternateBuffer(): void;
    normalBuffer(): void;
    hideCursor(): void;
    showCursor(): void;
    setMouse(modes: Readonly<Record<string, boolean>>, enable: boolean): void;
    write(text: string): void;
    destroy(): void;
    on(event: "data", listener: (bytes: Uint8Array) => void): void;
    on(event: "keypress", listener: (text: string | undefined, key: BlessedKey) => void): void;
    on(event: "resize", listener: () => void): void;
  }

  const createProgram: (options: {
    readonly input: NodeJS.ReadStream;
    readonly output: NodeJS.WriteStream;
    readonly terminal: string;
  }) => Program;
  // biome-ignore lint/style/noDefaultExport: it is a CommonJS module.
  export default createProgram;
}
