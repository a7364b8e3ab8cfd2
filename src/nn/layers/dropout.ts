import { ConfigError } from '../../core/index.ts';
import { dropout, type Tensor } from '../../tensor/index.ts';
import { Module } from '../module.ts';

/**
 * While training, sets each element to 0 with probability p and scales the others by 1/(1 − p).
 * p is rounded to a multiple of 1/256. Source: Srivastava et al., 2014, JMLR 15.
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ConfigError(`Dropout: p is ${p}; it must be from 0 to 1.`);
    this.p = p;
  }

  override forward(x: Tensor): Tensor {
    return this.training ? dropout(x, this.p) : x;
  }
}
