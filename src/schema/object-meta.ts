import { any, boolean, int64, list, map, object, string, time } from './field.ts';

const META = 'apimachinery.pkg.apis.meta.v1';

export const ownerReference = () =>
  object(`${META}.OwnerReference`, {
    kind: string().mayBeEmpty().tag(1).describe('The owner\'s kind.'),
    name: string().mayBeEmpty().tag(3).describe('The owner\'s name.'),
    uid: string().mayBeEmpty().tag(4).describe('The owner\'s UID.'),
    apiVersion: string().mayBeEmpty().tag(5).describe('The owner\'s group and version.'),
    controller: boolean().pointer().tag(6).describe('Whether this owner manages the object.'),
    blockOwnerDeletion: boolean().pointer().tag(7).describe('Whether the owner, deleted in the foreground, waits for this object to go.'),
  }).atomic();

export const managedFieldsEntry = () =>
  object(`${META}.ManagedFieldsEntry`, {
    manager: string().tag(1).describe('Who set the fields.'),
    operation: string().tag(2).describe('Apply or Update.'),
    apiVersion: string().tag(3).describe('The version the fields are named in.'),
    time: time().tag(4).describe('When they were last set.'),
    fieldsType: string().tag(6).describe('FieldsV1.'),
    fieldsV1: any(`${META}.FieldsV1`).tag(7).describe('The fields.'),
    subresource: string().tag(8).describe('The subresource through which they were set.'),
  });

/** metadata of every object. Field numbers: apimachinery's generated.proto. */
export const objectMeta = () =>
  object(`${META}.ObjectMeta`, {
    name: string().tag(1).describe('Unique within the namespace and the resource; fixed once created.'),
    generateName: string().tag(2).describe('A prefix the server completes to a unique name when name is empty.'),
    namespace: string().tag(3).describe('The namespace the object lives in; empty for cluster-scoped objects.'),
    selfLink: string().tag(4).describe('Formerly the object\'s path; no longer set.'),
    uid: string().tag(5).describe('Identifies this object among all that ever bore its name; set by the server.'),
    resourceVersion: string().tag(6).describe('The revision at which the object last changed; opaque but for equality and order.'),
    generation: int64().tag(7).describe('Counts changes of the desired state.'),
    creationTimestamp: time().tag(8).describe('When the server created the object.'),
    deletionTimestamp: time().tag(9).describe('When the object will be gone, once deletion was asked for.'),
    deletionGracePeriodSeconds: int64().pointer().tag(10).describe('Seconds between the request for deletion and its end.'),
    labels: map(string()).tag(11).describe('Short keys and values by which selectors find the object.'),
    annotations: map(string()).tag(12).describe('Keys and values that tools keep on the object; never selected by.'),
    ownerReferences: list(ownerReference()).mapKeys('uid').mergeKey('uid').tag(13).describe('The objects this one depends on; it is collected when all are gone.'),
    finalizers: list(string()).set().mergeKey('').tag(14).describe('Who must still act before the object may vanish.'),
    managedFields: list(managedFieldsEntry()).tag(17).describe('Which manager set which field, kept by server-side apply.'),
  });
