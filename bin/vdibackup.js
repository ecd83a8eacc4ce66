#!/usr/bin/env node
import { createRequire } from 'node:module';

// Not imported: that would search the whole file for what it exports.
createRequire(import.meta.url)('../dist/bundle/main.cjs');
