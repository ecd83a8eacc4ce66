/** Where the package mssql-server puts it. */
export const defaultLibrary = '/opt/mssql/lib/libsqlvdi.so';
