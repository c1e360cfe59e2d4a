import type { Container } from '../../kinds/core/container.ts';
import { fnv1a } from '../fnv.ts';

/** Changes when the container must be replaced: of a running pod's fields, only the image may change. */
export const containerHash = ({ name, image = '' }: Pick<Container, 'name' | 'image'>): string => fnv1a(`${name}\0${image}`).toString(16);
