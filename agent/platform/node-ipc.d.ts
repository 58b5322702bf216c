/** What local-socket.ts uses of node-ipc 14.0.0, which ships no types. */
declare module 'node-ipc' {
  import type { Socket } from 'node:net';

  export type IpcConfig = {
    parser: 'guarded';
    silent: boolean;
    unlink: boolean;
    /** Bytes of one frame, in either direction. */
    maxMessageSize: number;
    /** Milliseconds that a frame may take from its first byte to its last. */
    messageTimeout: number;
    maxConnections: number;
    stopRetrying: boolean;
  };

  export type IpcServer = {
    on(event: 'error', handler: (error: Error) => void): void;
    on(event: string, handler: (data: unknown, socket: Socket) => void): void;
    emit(socket: Socket, event: string, data: unknown): boolean;
    start(): void;
    stop(): void;
    /** The listening socket; false before `start`. */
    server: import('node:net').Server | false;
  };

  export type IpcClient = {
    on(event: 'connect' | 'disconnect', handler: () => void): void;
    on(event: 'error', handler: (error: Error) => void): void;
    on(event: string, handler: (data: unknown) => void): void;
    emit(event: string, data: unknown): boolean;
  };

  export class IPCModule {
    config: IpcConfig;
    /** Set by `serve`. */
    server: IpcServer;
    /** Set by `connectTo`. */
    of: Record<string, IpcClient>;
    serve(path: string, started: () => void): void;
    connectTo(id: string, path: string): void;
    disconnect(id: string): void;
  }
}
