#!/usr/bin/env node
import { main } from '../dist/knarr.js';
process.exitCode = await main(process.argv.slice(2));
