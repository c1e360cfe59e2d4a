import { list, map, object, part, string, type TypeOf } from '../../schema/field.ts';

export const userInfo = part(() =>
  object('api.authentication.v1.UserInfo', {
    username: string().tag(1).describe('The user\'s name.'),
    uid: string().tag(2).describe('The user\'s UID.'),
    groups: list(string()).tag(3).describe('The user\'s groups.'),
    extra: map(list(string())).tag(4).describe('What else the authenticator tells.'),
  }));
export type UserInfo = TypeOf<ReturnType<typeof userInfo>>;
