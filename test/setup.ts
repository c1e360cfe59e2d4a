import { setMaxListeners } from 'node:events';

// Unit tests share one process and one stop signal stops many loops: Node would take more than ten listeners for a leak.
setMaxListeners(0);
