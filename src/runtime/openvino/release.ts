/** One platform's wheel of the release: where pip finds it, and what is wanted of it. */
export interface OpenVinoWheel {
  /** pip's name of the platform. */
  readonly tag: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The libraries wanted, those that others need first; the last is the C API. */
  readonly libraries: readonly string[];
}

/** The release whose headers `api.node.ts` is written for. */
export const openVinoRelease = { version: '2026.4.1', build: '2026.4.1-22982', python: '3.12', abi: 'cp312' } as const;

// The CPU device, the ONNX reader, the reader of the cache's files, and the threads under them. The devices for GPUs and NPUs
// and the other readers stay in the wheel.
const onLinux = (cpu: string) => [
  'libtbb.so.12',
  'libtbbmalloc.so.2',
  'libhwloc.so.15',
  'libtbbbind_2_5.so.3',
  'libopenvino.so.2641',
  `libopenvino_${cpu}_cpu_plugin.so`,
  'libopenvino_onnx_frontend.so.2641',
  'libopenvino_ir_frontend.so.2641',
  'libopenvino_c.so.2641',
];

/** The wheels by `process.platform` and `process.arch`. Sizes and sums are the package index's. */
export const openVinoWheels: Readonly<Record<string, OpenVinoWheel>> = {
  'linux-x64': {
    tag: 'manylinux_2_28_x86_64',
    bytes: 59_144_434,
    sha256: '6b4375c17ddcac83a5180349e2e2bb811185c261066e2a920659892d58ef0e3b',
    libraries: onLinux('intel'),
  },
  'linux-arm64': {
    tag: 'manylinux_2_35_aarch64',
    bytes: 30_332_437,
    sha256: '82efccb2f9f1bdc7e5a1996e05a3b719ebff9232dd54b44150d6d2e983a86b7d',
    libraries: onLinux('arm'),
  },
  'darwin-arm64': {
    tag: 'macosx_11_0_arm64',
    bytes: 33_341_733,
    sha256: '726ac547b8474a5e7b145bc1ae5a8bb6fbcbb60b79bd9a611c67eec2c74b7a5f',
    libraries: [
      'libtbb.12.dylib',
      'libtbbmalloc.2.dylib',
      'libhwloc.dylib',
      'libtbbbind_2_5.3.dylib',
      'libopenvino.2641.dylib',
      'libopenvino_arm_cpu_plugin.so',
      'libopenvino_onnx_frontend.2641.dylib',
      'libopenvino_ir_frontend.2641.dylib',
      'libopenvino_c.2641.dylib',
    ],
  },
  'win32-x64': {
    tag: 'win_amd64',
    bytes: 84_964_415,
    sha256: '4e04316abff1b99e29b8cbd38deaef9bde4739eba216d982d4b3981e456ecd87',
    libraries: [
      'tbb12.dll',
      'tbbmalloc.dll',
      'tbbbind_2_5.dll',
      'openvino.dll',
      'openvino_intel_cpu_plugin.dll',
      'openvino_onnx_frontend.dll',
      'openvino_ir_frontend.dll',
      'openvino_c.dll',
    ],
  },
};
