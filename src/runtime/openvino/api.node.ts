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
import type { NodeTime } from './profile.node.ts';

// Functions of the headers under openvino/c by name, with what each takes: p pointer, z size_t, e enumeration, s string,
// h shape by value. They return a status that is 0 on success.
const statusFunctions = {
  ov_get_openvino_version: 'p',
  ov_core_create: 'p',
  ov_core_read_model_from_memory_buffer: 'ppzpp',
  ov_core_compile_model_props: 'ppszpp',
  ov_core_get_property: 'pssp',
  ov_model_const_input_by_index: 'pzp',
  ov_model_const_output_by_index: 'pzp',
  ov_model_reshape_by_port_indexes: 'pppz',
  ov_port_get_element_type: 'pp',
  ov_port_get_partial_shape: 'pp',
  ov_compiled_model_create_infer_request: 'pp',
  ov_compiled_model_get_property: 'psp',
  ov_infer_request_set_input_tensor_by_index: 'pzp',
  ov_infer_request_set_output_tensor_by_index: 'pzp',
  ov_infer_request_infer: 'p',
  ov_infer_request_cancel: 'p',
  ov_infer_request_get_profiling_info: 'pp',
  ov_tensor_create_from_host_ptr: 'ehpp',
  ov_tensor_get_shape: 'pp',
} as const satisfies Record<string, string>;

// What frees things: one pointer in, nothing out.
const releaseFunctions = [
  'ov_free',
  'ov_version_free',
  'ov_core_free',
  'ov_model_free',
  'ov_output_const_port_free',
  'ov_compiled_model_free',
  'ov_infer_request_free',
  'ov_profiling_info_list_free',
  'ov_tensor_free',
  'ov_shape_free',
  'ov_partial_shape_free',
] as const;

/** A function whose failure is an error, so that it returns nothing. */
export type StatusFunction = keyof typeof statusFunctions;
/** A function that frees what it is given. */
export type ReleaseFunction = (typeof releaseFunctions)[number];

/**
 * OpenVINO's C API: its functions by name, with a status turned into an error. The only place where native addresses are met.
 * Written for the headers of one release: element types are numbered anew from time to time, so `version` is to be compared.
 */
export class OpenVinoApi {
  /** For example `2026.4.1-22982-d28fe3a2a7a-releases/2026/4`. */
  readonly version: string;
  readonly #koffi: KoffiModule;
  readonly #status = new Map<StatusFunction, NativeFunction>();
  readonly #release = new Map<ReleaseFunction, NativeFunction>();
  readonly #lastMessage: NativeFunction;
  readonly #thread: CallingThread;
  readonly #profilingInfo: ReturnType<KoffiModule['struct']>;

  /** @param paths the libraries to load, those that others need first; the last is the C API. */
  constructor(koffi: KoffiModule, paths: readonly string[]) {
    this.#koffi = koffi;
    const library = paths.map((path) => loadLibrary(koffi, path, 'openvino')).at(-1)!;
    this.#thread = new CallingThread(paths);
    const shape = koffi.struct({ rank: 'int64_t', dims: 'void *' });
    const types = { p: 'void *', z: 'size_t', e: 'int', s: 'str', h: shape } as const;
    for (const [name, args] of Object.entries(statusFunctions)) {
      const parameters = [...args].map((letter) => types[letter as keyof typeof types]);
      this.#status.set(name as StatusFunction, library.func(name, 'int', parameters) as NativeFunction);
    }
    for (const name of releaseFunctions) this.#release.set(name, library.func(name, 'void', ['void *']) as NativeFunction);
    // An ov_profiling_info_t.
    this.#profilingInfo = koffi.struct({
      status: 'int',
      real_time: 'int64_t',
      cpu_time: 'int64_t',
      node_name: 'str',
      exec_type: 'str',
      node_type: 'str',
    });
    this.#lastMessage = library.func('ov_get_last_err_msg', 'void *', []) as NativeFunction;
    this.version = this.#readVersion();
  }

  /** Calls a function. @throws RuntimeError with OpenVINO's message when it fails. */
  call(name: StatusFunction, ...args: unknown[]): void {
    this.#check(name, this.#status.get(name)!(...args));
  }

  /** Calls a function on another thread. What `args` point to must stay alive until the promise settles. */
  callAsync(name: StatusFunction, ...args: unknown[]): Promise<void> {
    return callAsync(this.#status.get(name)!, args, (status: number) => this.#check(name, status));
  }

  /** Runs a request on a thread of its own, or if that is busy on another. */
  async infer(request: Pointer): Promise<void> {
    const name = 'ov_infer_request_infer';
    const status = this.#thread.call<number>({ at: name, result: 'int' }, [request]);
    if (status) this.#check(name, await status);
    else await this.callAsync(name, request);
  }

  /** Calls a function whose last argument receives a pointer or a count, and returns that. */
  create(name: StatusFunction, ...args: unknown[]): Pointer {
    const out = new BigUint64Array(1);
    this.call(name, ...args, out);
    return out[0]!;
  }

  /** Who frees an object: `name` is the function that does. */
  handle(name: ReleaseFunction, pointer: Pointer): Handle {
    return new Handle(`openvino: ${name}`, pointer, this.#release.get(name)!);
  }

  /** Frees what a struct of ours points to. */
  freeFields(name: ReleaseFunction, struct: BigInt64Array | BigUint64Array): void {
    this.#release.get(name)!(struct);
  }

  /** The text whose address a function gave, which is then freed. */
  takeText(name: StatusFunction, ...args: unknown[]): string {
    const pointer = this.create(name, ...args);
    const text = this.#koffi.decode.string(pointer);
    this.#release.get('ov_free')!(pointer);
    return text;
  }

  /** A tensor's shape. */
  shapeOf(tensor: Handle): number[] {
    // An ov_shape_t: the rank and the address of the lengths. Of a scalar the function refuses to tell it.
    const shape = new BigInt64Array(2);
    if (this.#status.get('ov_tensor_get_shape')!(tensor.pointer, shape) !== 0) return [];
    const lengths = Array.from({ length: Number(shape[0]) }, (_, axis) =>
      Number(this.#koffi.decode(BigInt(shape[1]!), axis * 8, 'int64_t')),
    );
    this.freeFields('ov_shape_free', shape);
    return lengths;
  }

  /** What each node took in the runs of a request's model, where that was compiled to count it. */
  nodeTimes(request: Handle): NodeTime[] {
    // An ov_profiling_info_list_t: the address of the array, and its length.
    const list = new BigUint64Array(2);
    this.call('ov_infer_request_get_profiling_info', request.pointer, list);
    const { size } = this.#profilingInfo;
    const times = Array.from({ length: Number(list[1]) }, (_, i): NodeTime => {
      const found = this.#koffi.decode(BigInt(list[0]!), i * size, this.#profilingInfo);
      return {
        name: found.node_name,
        kind: found.node_type,
        kernel: found.exec_type,
        microseconds: Number(found.real_time),
      };
    });
    this.freeFields('ov_profiling_info_list_free', list);
    return times;
  }

  allocate(bytes: number): Storage {
    return alignedStorage(this.#koffi, bytes);
  }

  /** The address of an array's bytes, which does not move. Keeping the array alive is the caller's duty. */
  address(bytes: ArrayBuffer | ArrayBufferView): Pointer {
    return this.#koffi.address(bytes);
  }

  #readVersion(): string {
    const texts = new BigUint64Array(2);
    this.call('ov_get_openvino_version', texts);
    const version = this.#koffi.decode.string(texts[0]!);
    this.freeFields('ov_version_free', texts);
    return version;
  }

  // The message is one for the whole process: of two calls that fail at once, one may be told of the other's mistake.
  #check(name: StatusFunction, status: number): void {
    if (status === 0) return;
    const pointer = this.#lastMessage() as Pointer | null;
    const message = pointer ? this.#koffi.decode.string(pointer) : '';
    if (pointer) this.#release.get('ov_free')!(pointer);
    throw new RuntimeError(
      `openvino: ${name} failed; OpenVINO ${/^[\d.]+/.exec(this.version)?.[0]} says: ${message.trim() || `status ${status}`}`,
    );
  }
}
