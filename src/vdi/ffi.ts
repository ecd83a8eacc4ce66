// The one door to ffi-rs. The order of these two lines matters.
import './lean-report.ts';

export { DataType, load, open } from 'ffi-rs';
