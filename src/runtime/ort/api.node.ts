import { UnsupportedError } from '../../core/index.ts';
import { CallingThread } from '../calling-thread.node.ts';
import { RuntimeError } from '../errors.ts';
import type { Storage } from '../host-memory.ts';
import {
  alignedStorage,
  callAsync,
  Handle,
  type KoffiModule,
  loadLibrary,
  type NativeFunction,
  type Pointer,
} from '../native.node.ts';

/**
 * The version of the C API asked for. Every function below exists in it, and a library of any later version answers to it,
 * because its table of functions only ever grows at the end.
 */
const apiVersion = 18;

// [place in the table OrtApi of onnxruntime_c_api.h, what it returns, what it takes]; p pointer, i int, z size_t, s string, f file name.
// `status` is a pointer that is null on success.
const table = {
  GetErrorCode: [1, 'int', 'p'],
  GetErrorMessage: [2, 'str', 'p'],
  CreateEnv: [3, 'status', 'isp'],
  CreateSessionFromArray: [8, 'status', 'ppzpp'],
  Run: [9, 'status', 'ppppzpzp'],
  CreateSessionOptions: [10, 'status', 'p'],
  EnableProfiling: [14, 'status', 'pf'],
  EnableMemPattern: [16, 'status', 'p'],
  DisableMemPattern: [17, 'status', 'p'],
  EnableCpuMemArena: [18, 'status', 'p'],
  SetSessionLogSeverityLevel: [22, 'status', 'pi'],
  SetSessionGraphOptimizationLevel: [23, 'status', 'pi'],
  SetIntraOpNumThreads: [24, 'status', 'pi'],
  SetInterOpNumThreads: [25, 'status', 'pi'],
  SessionGetInputCount: [30, 'status', 'pp'],
  SessionGetOutputCount: [31, 'status', 'pp'],
  SessionGetInputTypeInfo: [33, 'status', 'pzp'],
  SessionGetOutputTypeInfo: [34, 'status', 'pzp'],
  SessionGetInputName: [36, 'status', 'pzpp'],
  SessionGetOutputName: [37, 'status', 'pzpp'],
  CreateRunOptions: [39, 'status', 'p'],
  RunOptionsSetTerminate: [46, 'status', 'p'],
  RunOptionsUnsetTerminate: [47, 'status', 'p'],
  CreateTensorWithDataAsOrtValue: [49, 'status', 'ppzpzip'],
  CastTypeInfoToTensorInfo: [55, 'status', 'pp'],
  GetTensorElementType: [60, 'status', 'pp'],
  CreateCpuMemoryInfo: [69, 'status', 'iip'],
  AllocatorFree: [76, 'status', 'pp'],
  GetAllocatorWithDefaultOptions: [78, 'status', 'p'],
  ReleaseEnv: [92, 'void', 'p'],
  ReleaseStatus: [93, 'void', 'p'],
  ReleaseMemoryInfo: [94, 'void', 'p'],
  ReleaseSession: [95, 'void', 'p'],
  ReleaseValue: [96, 'void', 'p'],
  ReleaseRunOptions: [97, 'void', 'p'],
  ReleaseTypeInfo: [98, 'void', 'p'],
  ReleaseSessionOptions: [100, 'void', 'p'],
  CreateEnvWithGlobalThreadPools: [119, 'status', 'ispp'],
  DisablePerSessionThreads: [120, 'status', 'p'],
  CreateThreadingOptions: [121, 'status', 'p'],
  ReleaseThreadingOptions: [122, 'void', 'p'],
  AddSessionConfigEntry: [130, 'status', 'pss'],
  CreateAndRegisterAllocator: [144, 'status', 'ppp'],
  SetGlobalIntraOpNumThreads: [147, 'status', 'pi'],
  SetGlobalInterOpNumThreads: [148, 'status', 'pi'],
  SetGlobalSpinControl: [149, 'status', 'pi'],
  CreateArenaCfg: [156, 'status', 'ziiip'],
  ReleaseArenaCfg: [157, 'void', 'p'],
  AddExternalInitializers: [210, 'status', 'pppz'],
} as const satisfies Record<string, readonly [number, 'status' | 'void' | 'int' | 'str', string]>;

type Member = keyof typeof table;
/** A function whose failure is an error, so that it returns nothing. */
export type StatusMember = { [M in Member]: (typeof table)[M][1] extends 'status' ? M : never }[Member];
/** A function that frees what it is given. */
export type ReleaseMember = { [M in Member]: (typeof table)[M][1] extends 'void' ? M : never }[Member];

const argumentTypes: Record<string, string> = {
  p: 'void *',
  i: 'int',
  z: 'size_t',
  s: 'str',
  f: process.platform === 'win32' ? 'str16' : 'str',
};
const resultTypes = { status: 'void *', void: 'void', int: 'int', str: 'str' } as const;

/**
 * ONNX Runtime's C API: the functions of its table by name, with a status turned into an error.
 * The only place where native addresses are met.
 */
export class OrtApi {
  /** The library's version, for example `1.30.0`. */
  readonly version: string;
  readonly #koffi: KoffiModule;
  readonly #functions = new Map<Member, NativeFunction>();
  readonly #thread: CallingThread;
  readonly #run: Pointer;

  constructor(koffi: KoffiModule, path: string) {
    this.#koffi = koffi;
    const library = loadLibrary(koffi, path, 'ort');
    const base = library.func('OrtGetApiBase', 'void *', [])() as Pointer;
    // OrtApiBase is two functions: GetApi(version) and GetVersionString().
    this.version = this.#function(base, 1, 'str', [])() as string;
    const api = this.#function(base, 0, 'void *', ['uint32_t'])(apiVersion) as Pointer | null;
    if (!api) {
      throw new UnsupportedError(
        `ort: ONNX Runtime ${this.version} does not offer version ${apiVersion} of its C API; 1.${apiVersion} or later does.`,
      );
    }
    this.#thread = new CallingThread([path]);
    this.#run = this.#addressAt(api, table.Run[0]);
    for (const [name, [index, result, args]] of Object.entries(table)) {
      const types = [...args].map((letter) => argumentTypes[letter] as string);
      this.#functions.set(name as Member, this.#function(api, index, resultTypes[result], types));
    }
  }

  /** Calls a function. @throws RuntimeError with ONNX Runtime's message when it fails. */
  call(name: StatusMember, ...args: unknown[]): void {
    this.#check(name, this.#functions.get(name)!(...args));
  }

  /** Calls a function on another thread. What `args` point to must stay alive until the promise settles. */
  callAsync(name: StatusMember, ...args: unknown[]): Promise<void> {
    return callAsync(this.#functions.get(name)!, args, (status: Pointer | null) => this.#check(name, status));
  }

  /** Calls `Run` on a thread of its own, or if that is busy on another. What `args` point to must stay alive until the promise settles. */
  async run(...args: readonly (Pointer | number)[]): Promise<void> {
    const status = this.#thread.call<Pointer | null>({ at: this.#run, result: 'void *' }, args.map(BigInt));
    if (status) this.#check('Run', await status);
    else await this.callAsync('Run', ...args);
  }

  /** Calls a function whose last argument receives a pointer, and returns that pointer. */
  create(name: StatusMember, ...args: unknown[]): Pointer {
    const out = new BigUint64Array(1);
    this.call(name, ...args, out);
    return out[0]!;
  }

  /** Who frees an object: `name` is the function that does. */
  handle(name: ReleaseMember, pointer: Pointer): Handle {
    return new Handle(`ort: ${name}`, pointer, this.#functions.get(name)!);
  }

  allocate(bytes: number): Storage {
    return alignedStorage(this.#koffi, bytes);
  }

  /** The address of an array's bytes, which does not move. Keeping the array alive is the caller's duty. */
  address(bytes: ArrayBuffer | ArrayBufferView): Pointer {
    return this.#koffi.address(bytes);
  }

  /** The text at an address, up to its zero byte. */
  text(pointer: Pointer): string {
    return this.#koffi.decode.string(pointer);
  }

  #check(name: Member, status: Pointer | null): void {
    if (!status) return;
    const message = this.#functions.get('GetErrorMessage')!(status) as string;
    this.#functions.get('ReleaseStatus')!(status);
    throw new RuntimeError(`ort: ${name} failed; ONNX Runtime ${this.version} says: ${message}`);
  }

  #addressAt(address: Pointer, index: number): Pointer {
    return this.#koffi.decode(address, index * this.#koffi.sizeof('void *'), 'void *') as Pointer;
  }

  #function(address: Pointer, index: number, result: string, args: string[]): NativeFunction {
    return this.#koffi.decode(this.#addressAt(address, index), this.#koffi.proto(result, args)) as NativeFunction;
  }
}
