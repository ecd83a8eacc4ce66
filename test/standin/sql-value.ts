// Values and types of the small SQL dialect the stand-in understands.

export type SqlType =
  | { readonly kind: 'nvarchar'; readonly length: number }
  | { readonly kind: 'numeric'; readonly precision: number; readonly scale: number }
  | {
      readonly kind:
        | 'int'
        | 'bigint'
        | 'smallint'
        | 'tinyint'
        | 'bit'
        | 'float'
        | 'datetime'
        | 'uniqueidentifier'
        | 'varbinary'
        | 'variant';
    };

export type SqlValue = null | number | bigint | string | boolean | Date | Uint8Array;

export interface Typed {
  readonly type: SqlType;
  readonly value: SqlValue;
}

/** `length` 0 is nvarchar(max). */
export const nvarchar = (length: number): SqlType => ({ kind: 'nvarchar', length });
export const intType: SqlType = { kind: 'int' };
export const bigintType: SqlType = { kind: 'bigint' };
export const smallintType: SqlType = { kind: 'smallint' };
export const tinyintType: SqlType = { kind: 'tinyint' };
export const bitType: SqlType = { kind: 'bit' };
export const floatType: SqlType = { kind: 'float' };
export const datetimeType: SqlType = { kind: 'datetime' };
export const guidType: SqlType = { kind: 'uniqueidentifier' };
export const binaryType: SqlType = { kind: 'varbinary' };
export const variantType: SqlType = { kind: 'variant' };
export const numericType = (precision: number, scale: number): SqlType => ({
  kind: 'numeric',
  precision,
  scale,
});

export const nullOf = (type: SqlType): Typed => ({ type, value: null });
export const textOf = (value: string): Typed => ({
  type: nvarchar(Math.max(1, value.length)),
  value,
});
export const intOf = (value: number): Typed => ({ type: intType, value });
