// The arguments of one COM call as oleaut32's DispCallFunc reads them: an array of types, an array of
// pointers, and the VARIANTs they point to, in one block of native memory.

/** VARTYPE (wtypes.h). Addresses travel as 64-bit numbers: the register is the same. */
export const VT_I4 = 3;
const VT_I8 = 20;

const maxArguments = 4;
/** A VARIANT on 64-bit Windows: u16 type, six bytes of padding, 16 bytes of value. */
export const variantBytes = 24;
export const variantValue = 8;
const typeBytes = 2;
const pointerBytes = 8;

export const typesOffset = 0;
export const pointersOffset = 8;
const variantsOffset = pointersOffset + maxArguments * pointerBytes;
export const argumentBytes = variantsOffset + maxArguments * variantBytes;

export type ComArgument =
  | { readonly type: typeof VT_I4; readonly value: number }
  | { readonly type: typeof VT_I8; readonly value: bigint };

export function u32(value: number): ComArgument {
  return { type: VT_I4, value: value | 0 };
}

export function address(value: bigint): ComArgument {
  return { type: VT_I8, value };
}

/** Writes `args` into `image`, which will lie at the native address `base`. */
export function encodeArguments(image: Buffer, base: bigint, args: readonly ComArgument[]): void {
  for (const [index, argument] of args.entries()) {
    const variant = variantsOffset + index * variantBytes;
    image.writeUInt16LE(argument.type, typesOffset + index * typeBytes);
    image.writeBigUInt64LE(base + BigInt(variant), pointersOffset + index * pointerBytes);
    image.writeUInt16LE(argument.type, variant);
    if (argument.type === VT_I4) image.writeInt32LE(argument.value, variant + variantValue);
    else image.writeBigInt64LE(argument.value, variant + variantValue);
  }
}
