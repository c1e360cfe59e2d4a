import { driverContract } from '../contract.ts';
import { memoryDriver } from './memory.ts';

driverContract('memory', async () => memoryDriver());
