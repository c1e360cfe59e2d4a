import { list, map, object, part, string, type TypeOf } from '../../schema/field.ts';

export const userInfo = part(() =>
  object('api.authentication.v1.UserInfo', {
    username: string().tag(1),
    uid: string().tag(2),
    groups: list(string()).tag(3),
    extra: map(list(string())).tag(4),
  }));
export type UserInfo = TypeOf<ReturnType<typeof userInfo>>;
