#!/usr/bin/env node
import { main } from '../dist/knarr.js';
await main(process.argv.slice(2));
