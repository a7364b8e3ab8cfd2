/**
 * Hugging Face's safetensors: 8 bytes that hold the header's length, a JSON header, then the tensors' bytes without gaps.
 * Source: https://huggingface.co/docs/safetensors and the checks of its Rust implementation (`Metadata::validate`).
 */
import {
  byteSize,
  DataError,
  type DType,
  type DTypeArrays,
  DTypeError,
  ShapeError,
  UnsupportedError,
  viewArray,
} from '../core/index.ts';

/** A tensor as files hold it: element type, shape, and values in row-major order. float16 and bfloat16 are raw bits. */
export type TensorData<D extends DType = DType> = {
  [K in D]: { readonly dtype: K; readonly shape: readonly number[]; readonly data: DTypeArrays[K] };
}[D];

/** What a safetensors file holds: tensors by name in the order of their bytes, and the free-text metadata. */
export interface SafetensorsContent {
  readonly tensors: Map<string, TensorData>;
  readonly metadata: Record<string, string>;
}

/** Where one tensor's bytes lie: `start` and `end` count from the beginning of the file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** The header of a safetensors file, checked: entries in the order of their bytes. */
export interface SafetensorsHeader {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Record<string, string>;
}

const dtypeOf: Record<string, DType> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  U32: 'uint32',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

/** File names of the element types in the order the Rust writer lays tensors out: widest first, so that all are aligned. */
const writeOrder = ['I64', 'F64', 'F32', 'U32', 'I32', 'BF16', 'F16', 'I8', 'U8', 'BOOL'];
const writtenName = new Map(writeOrder.map((name) => [dtypeOf[name]!, name]));

/** The longest header the Rust implementation accepts, in bytes. */
const maxHeaderBytes = 100_000_000;

/**
 * The tensors of a safetensors file. Values are views of `bytes` wherever they lie on a multiple of their size, else copies.
 * `source` is the file's name in errors.
 * @throws DataError when the file is cut short, or its header is broken or does not fit its bytes.
 * @throws UnsupportedError for an element type that qkv does not have.
 */
export function readSafetensors(bytes: Uint8Array, source = 'the file'): SafetensorsContent {
  const { entries, metadata } = readSafetensorsHeader(bytes, bytes.length, source);
  const tensors = new Map<string, TensorData>();
  for (const { name, dtype, shape, start, end } of entries) {
    const raw = bytes.subarray(start, end);
    const isAligned = raw.byteOffset % byteSize(dtype) === 0 && raw.buffer instanceof ArrayBuffer;
    const held = isAligned ? (raw as Uint8Array<ArrayBuffer>) : new Uint8Array(raw);
    const data = viewArray(dtype, held.buffer, held.byteOffset, held.byteLength / byteSize(dtype));
    tensors.set(name, { dtype, shape, data } as TensorData);
  }
  return { tensors, metadata };
}

/**
 * The header alone, from a file's first bytes (at least 8 and the header's length) and its whole size: enough to fetch
 * single tensors from a large file.
 * @throws DataError, UnsupportedError as `readSafetensors`.
 */
export function readSafetensorsHeader(head: Uint8Array, fileBytes: number, source = 'the file'): SafetensorsHeader {
  const fail = (came: string, mend = 'get the file again'): never => {
    throw new DataError(`readSafetensors: ${source} ${came}; ${mend}.`);
  };
  requireLittleEndian();
  if (fileBytes < 8) fail(`has ${fileBytes} bytes; a safetensors file starts with 8 bytes that hold its header's length`);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > maxHeaderBytes) {
    fail(`claims a header of ${headerBytes} bytes; at most ${maxHeaderBytes} are allowed, so this is no safetensors file`);
  }
  const dataStart = 8 + headerBytes;
  if (dataStart > fileBytes) {
    fail(`has ${fileBytes} bytes, its header alone needs ${dataStart}; ${dataStart - fileBytes} bytes are missing`);
  }
  if (head.length < dataStart) fail(`was handed over with ${head.length} of the ${dataStart} bytes that its header takes`);
  const header = parseHeader(head.subarray(8, dataStart), fail);
  const metadata = header.__metadata__ === undefined ? {} : checkedMetadata(header.__metadata__, fail);

  const entries: SafetensorsEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') entries.push(checkedEntry(name, value, dataStart, source, fail));
  }
  // Empty tensors share their start with the next one; they come first, so that one pass sees neither hole nor overlap.
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let position = dataStart;
  for (const { name, start, end } of entries) {
    if (start < position) fail(`is broken: the bytes of ${name} overlap those of the tensor before it`);
    if (start > position) fail(`is broken: ${start - position} bytes before ${name} belong to no tensor`);
    position = end;
  }
  if (position > fileBytes) {
    fail(`is cut short: it has ${fileBytes} bytes, its header promises ${position}; ${position - fileBytes} bytes are missing`);
  }
  if (position < fileBytes) fail(`has ${fileBytes - position} bytes after its last tensor that belong to none`);
  return { entries, metadata };
}

/**
 * The bytes of a safetensors file, in the layout that Hugging Face's own writer makes (the same tensors give the same bytes).
 * @throws ShapeError when a shape does not fit its values.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, TensorData]>,
  metadata: Record<string, string> = { format: 'pt' },
): Uint8Array<ArrayBuffer> {
  const chunks = safetensorsChunks(tensors, metadata);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.length;
  }
  return bytes;
}

/**
 * The same bytes as `writeSafetensors` in chunks: the header, then a view of each tensor's values, so that writing a large
 * model needs no second copy of it. The chunks are what `writeFileAtomic` takes.
 * @throws ShapeError when a shape does not fit its values.
 */
export function safetensorsChunks(
  tensors: Iterable<readonly [string, TensorData]>,
  metadata: Record<string, string> = { format: 'pt' },
): Uint8Array[] {
  requireLittleEndian();
  const rows = [...tensors].map(([name, tensor]) => ({ name, rank: writeOrder.indexOf(nameInFile(name, tensor)), tensor }));
  rows.sort((a, b) => a.rank - b.rank || compareCodePoints(a.name, b.name));
  // Put together by hand: an object would move names that look like numbers to the front.
  const header: string[] = Object.keys(metadata).length > 0 ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  const taken = new Set(['__metadata__']);
  const chunks: Uint8Array[] = [];
  let position = 0;
  for (const { name, rank, tensor } of rows) {
    const { shape, data } = tensor;
    if (taken.has(name)) {
      throw new DataError(`writeSafetensors: the name ${name} is taken; give each tensor a name of its own.`);
    }
    const count = shape.reduce((product, size) => product * size, 1);
    if (count !== data.length) {
      throw new ShapeError(
        `writeSafetensors: ${name} has shape [${shape.join(', ')}] and ${data.length} values; the shape needs ${count}.`,
      );
    }
    const entry = { dtype: writeOrder[rank], shape, data_offsets: [position, position + data.byteLength] };
    header.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    taken.add(name);
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    position += data.byteLength;
  }
  const json = new TextEncoder().encode(`{${header.join(',')}}`);
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  return [head, ...chunks];
}

/** Code-point order, as the Rust writer's byte order; JavaScript's own order differs beyond the basic plane. */
function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

type Fail = (came: string, mend?: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return fail('has a header that is not JSON, so this is no safetensors file');
  }
  if (bytes[0] !== 0x7b || !isRecord(header))
    return fail('has a header that is not a JSON object, so this is no safetensors file');
  return header;
}

function checkedMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== 'string')) {
    return fail('has a __metadata__ that is not an object of strings');
  }
  return value as Record<string, string>;
}

function checkedEntry(name: string, value: unknown, dataStart: number, source: string, fail: Fail): SafetensorsEntry {
  if (!isRecord(value)) return fail(`is broken: the entry of ${name} is not an object`);
  const { dtype: type, shape, data_offsets: offsets } = value;
  if (!isCounts(shape)) return fail(`is broken: ${name} has no valid shape`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    return fail(`is broken: ${name} has no valid data_offsets`);
  }
  const dtype = typeof type === 'string' && Object.hasOwn(dtypeOf, type) ? dtypeOf[type]! : null;
  if (dtype === null) {
    throw new UnsupportedError(
      `readSafetensors: ${source}: ${name} has the element type ${String(type)}; qkv reads ${writeOrder.join(', ')}.`,
    );
  }
  const needed = shape.reduce((product, size) => product * size, byteSize(dtype));
  const [start, end] = offsets as [number, number];
  if (end - start !== needed) {
    return fail(
      `is broken: ${name} is ${String(type)} [${shape.join(', ')}] and needs ${needed} bytes, but has ${end - start}`,
    );
  }
  return { name, dtype, shape, start: dataStart + start, end: dataStart + end };
}

function nameInFile(name: string, { dtype, data }: TensorData): string {
  const written = writtenName.get(dtype);
  if (written === undefined || data.BYTES_PER_ELEMENT !== byteSize(dtype)) {
    throw new DTypeError(`writeSafetensors: ${name} is ${dtype} held in a ${data.constructor.name}; the two do not fit.`);
  }
  return written;
}

function requireLittleEndian(): void {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
    throw new UnsupportedError(
      'safetensors: this machine is big-endian; qkv reads and writes tensor files on little-endian ones only.',
    );
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}
