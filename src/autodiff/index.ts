/**
 * The reverse walk: from a graph to the graph of its gradients. Reads op rows, knows no op by name.
 * May import core, graph and ops. New gradients are written in op rows, not here.
 */
export { checkpointed } from './checkpoint.ts';
export { type GradientOptions, gradients } from './gradients.ts';
export { type ScanBody, type ScanInputs, type ScanResult, scan } from './scan.ts';
