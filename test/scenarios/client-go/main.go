// A program as operators in Go are made of: client-go's typed and dynamic clients, discovery, informers, leader election,
// watches with bookmarks and commands in containers. Each check prints one line; the first failure ends it.
//
//	client-go KUBECONFIG NAMESPACE POD
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/retry"
)

const patience = 2 * time.Minute

type program struct {
	config    *rest.Config
	clients   kubernetes.Interface
	dynamic   dynamic.Interface
	namespace string
	pod       string
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	must(err)
	config.QPS, config.Burst = 200, 400
	clients, err := kubernetes.NewForConfig(config)
	must(err)
	objects, err := dynamic.NewForConfig(config)
	must(err)
	p := program{config: config, clients: clients, dynamic: objects, namespace: os.Args[2], pod: os.Args[3]}
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	defer cancel()
	checks := []struct {
		name string
		run  func(context.Context)
	}{
		{"discovery", p.discovery}, {"patches", p.patches}, {"conflicts", p.conflicts}, {"informers", p.informers},
		{"bookmarks", p.bookmarks}, {"pages", p.pages}, {"custom resources", p.customResources}, {"election", p.election}, {"exec", p.exec},
	}
	for _, check := range checks {
		check.run(ctx)
		fmt.Println("ok", check.name)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(what string, got, want interface{}) {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		panic(fmt.Sprintf("%s: got %v, want %v", what, got, want))
	}
}

func (p program) mapper() *restmapper.DeferredDiscoveryRESTMapper {
	return restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(p.clients.Discovery()))
}

func (p program) discovery(context.Context) {
	version, err := p.clients.Discovery().ServerVersion()
	must(err)
	expect("major", version.Major, "1")
	_, lists, err := p.clients.Discovery().ServerGroupsAndResources()
	must(err)
	if len(lists) < 20 {
		panic("few groups")
	}
	schema, err := p.clients.Discovery().OpenAPISchema()
	must(err)
	if len(schema.Definitions.AdditionalProperties) < 500 {
		panic("few definitions")
	}
	mapping, err := p.mapper().RESTMapping(schemaKind("apps", "Deployment"))
	must(err)
	expect("mapping", mapping.Resource, "apps/v1, Resource=deployments")
	expect("scope", mapping.Scope.Name(), meta.RESTScopeNameNamespace)
}

func schemaKind(group, kind string) schema.GroupKind {
	return schema.GroupKind{Group: group, Kind: kind}
}

func (p program) patches(ctx context.Context) {
	maps := p.clients.CoreV1().ConfigMaps(p.namespace)
	_, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "patched"}, Data: map[string]string{"a": "1"}}, metav1.CreateOptions{})
	must(err)
	for _, one := range []struct {
		kind types.PatchType
		body string
	}{
		{types.JSONPatchType, `[{"op":"test","path":"/data/a","value":"1"},{"op":"add","path":"/data/b","value":"2"}]`},
		{types.MergePatchType, `{"data":{"a":null,"c":"3"}}`},
		{types.StrategicMergePatchType, `{"metadata":{"labels":{"of":"patches"},"$deleteFromPrimitiveList/finalizers":["example.com/nobody"]}}`},
		{types.ApplyPatchType, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"patched"},"data":{"d":"4"}}`},
	} {
		options := metav1.PatchOptions{FieldManager: "client-go"}
		_, err := maps.Patch(ctx, "patched", one.kind, []byte(one.body), options)
		must(err)
	}
	last, err := maps.Get(ctx, "patched", metav1.GetOptions{})
	must(err)
	expect("data", last.Data, map[string]string{"b": "2", "c": "3", "d": "4"})
	expect("labels", last.Labels, map[string]string{"of": "patches"})
	_, err = maps.Patch(ctx, "patched", types.ApplyPatchType, []byte(`{"apiVersion":"v1","kind":"ConfigMap","data":{"b":"9"}}`), metav1.PatchOptions{FieldManager: "other"})
	expect("conflict", apierrors.IsConflict(err), true)
}

func (p program) conflicts(ctx context.Context) {
	maps := p.clients.CoreV1().ConfigMaps(p.namespace)
	_, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "counter"}}, metav1.CreateOptions{})
	must(err)
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "counter"}}, metav1.CreateOptions{})
	expect("again", apierrors.IsAlreadyExists(err), true)
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "No Name"}}, metav1.CreateOptions{})
	expect("invalid", apierrors.IsInvalid(err), true)
	_, err = maps.Get(ctx, "nobody", metav1.GetOptions{})
	expect("missing", apierrors.IsNotFound(err), true)
	var all sync.WaitGroup
	for i := 0; i < 5; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			must(retry.RetryOnConflict(wait.Backoff{Steps: 50, Duration: 10 * time.Millisecond, Jitter: 1}, func() error {
				one, err := maps.Get(ctx, "counter", metav1.GetOptions{})
				if err != nil {
					return err
				}
				if one.Data == nil {
					one.Data = map[string]string{}
				}
				one.Data[fmt.Sprint(i)] = "here"
				_, err = maps.Update(ctx, one, metav1.UpdateOptions{})
				return err
			}))
		}(i)
	}
	all.Wait()
	last, err := maps.Get(ctx, "counter", metav1.GetOptions{})
	must(err)
	expect("writers", len(last.Data), 5)
}

// informers: what a shared informer tells, its resync, its index.
func (p program) informers(ctx context.Context) {
	factory := informers.NewSharedInformerFactoryWithOptions(p.clients, time.Second, informers.WithNamespace(p.namespace))
	maps := factory.Core().V1().ConfigMaps()
	added, changed, resynced, deleted := newLatch("seen"), newLatch("seen"), newLatch("seen"), newLatch("seen")
	maps.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object interface{}) { added.tell(object.(*corev1.ConfigMap).Name) },
		UpdateFunc: func(old, object interface{}) {
			before, after := old.(*corev1.ConfigMap), object.(*corev1.ConfigMap)
			if before.ResourceVersion == after.ResourceVersion {
				resynced.tell(after.Name)
			} else {
				changed.tell(after.Name)
			}
		},
		DeleteFunc: func(object interface{}) {
			name, _ := cache.DeletionHandlingMetaNamespaceKeyFunc(object)
			_, short, _ := cache.SplitMetaNamespaceKey(name)
			deleted.tell(short)
		},
	})
	stop := make(chan struct{})
	defer close(stop)
	factory.Start(stop)
	for kind, ok := range factory.WaitForCacheSync(stop) {
		expect(kind.String(), ok, true)
	}
	client := p.clients.CoreV1().ConfigMaps(p.namespace)
	one, err := client.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "seen"}}, metav1.CreateOptions{})
	must(err)
	added.wait()
	one.Data = map[string]string{"a": "1"}
	_, err = client.Update(ctx, one, metav1.UpdateOptions{})
	must(err)
	changed.wait()
	resynced.wait()
	held, err := maps.Lister().ConfigMaps(p.namespace).Get("seen")
	must(err)
	expect("held", held.Data["a"], "1")
	must(client.Delete(ctx, "seen", metav1.DeleteOptions{}))
	deleted.wait()
}

// A latch opens when its name is told.
type latch struct {
	name string
	open chan struct{}
	once sync.Once
}

func newLatch(name string) *latch { return &latch{name: name, open: make(chan struct{})} }
func (l *latch) tell(name string) {
	if name == l.name {
		l.once.Do(func() { close(l.open) })
	}
}
func (l *latch) wait() {
	select {
	case <-l.open:
	case <-time.After(patience):
		panic("waited in vain for " + l.name)
	}
}

// bookmarks: a watch that asks for them is told how far it has come though nothing of its own happens.
func (p program) bookmarks(ctx context.Context) {
	seconds := int64(3)
	for start := time.Now(); time.Since(start) < patience; {
		events, err := p.clients.CoreV1().ConfigMaps(p.namespace).Watch(ctx, metav1.ListOptions{AllowWatchBookmarks: true, TimeoutSeconds: &seconds, LabelSelector: "nobody=here"})
		must(err)
		for event := range events.ResultChan() {
			if event.Type == watch.Bookmark && event.Object.(*corev1.ConfigMap).ResourceVersion != "" {
				events.Stop()
				return
			}
			expect("event", event.Type, watch.Bookmark)
		}
	}
	panic("no bookmark came")
}

func (p program) pages(ctx context.Context) {
	maps := p.clients.CoreV1().ConfigMaps(p.namespace)
	for i := 0; i < 25; i++ {
		labels := map[string]string{"of": "pages"}
		_, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("page-%d", i), Labels: labels}}, metav1.CreateOptions{})
		must(err)
	}
	pages := pager.New(pager.SimplePageFunc(func(options metav1.ListOptions) (runtime.Object, error) { return maps.List(ctx, options) }))
	pages.PageSize = 10
	list, whole, err := pages.List(ctx, metav1.ListOptions{LabelSelector: "of=pages"})
	must(err)
	expect("in pages", meta.LenList(list), 25)
	expect("paged", whole, true)
	must(maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "of=pages"}))
	left, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "of=pages"})
	must(err)
	expect("left", len(left.Items), 0)
}

func (p program) customResources(ctx context.Context) {
	definitions := p.dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	_, err := definitions.Create(ctx, parsed(`{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"gadgets.go.example.com"},
		"spec":{"group":"go.example.com","scope":"Namespaced","names":{"plural":"gadgets","singular":"gadget","kind":"Gadget","listKind":"GadgetList"},
		"versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":{"type":"object","properties":{
			"spec":{"type":"object","properties":{"size":{"type":"integer","default":3}}},"status":{"type":"object","properties":{"ready":{"type":"boolean"}}}}}}}]}}`), metav1.CreateOptions{})
	must(err)
	defer func() { must(definitions.Delete(ctx, "gadgets.go.example.com", metav1.DeleteOptions{})) }()
	mapper := p.mapper()
	var resource schema.GroupVersionResource
	must(wait.PollImmediate(100*time.Millisecond, patience, func() (bool, error) {
		mapping, err := mapper.RESTMapping(schemaKind("go.example.com", "Gadget"))
		if meta.IsNoMatchError(err) {
			mapper.Reset()
			return false, nil
		}
		if err == nil {
			resource = mapping.Resource
		}
		return err == nil, err
	}))
	gadgets := p.dynamic.Resource(resource).Namespace(p.namespace)
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(p.dynamic, 0, p.namespace, nil)
	ready := newLatch("one")
	factory.ForResource(resource).Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, object interface{}) {
		one := object.(*unstructured.Unstructured)
		if is, _, _ := unstructured.NestedBool(one.Object, "status", "ready"); is {
			ready.tell(one.GetName())
		}
	}})
	stop := make(chan struct{})
	defer close(stop)
	factory.Start(stop)
	factory.WaitForCacheSync(stop)
	one, err := gadgets.Create(ctx, parsed(`{"apiVersion":"go.example.com/v1","kind":"Gadget","metadata":{"name":"one"},"spec":{}}`), metav1.CreateOptions{})
	must(err)
	size, _, err := unstructured.NestedInt64(one.Object, "spec", "size")
	must(err)
	expect("default", size, 3)
	must(unstructured.SetNestedField(one.Object, true, "status", "ready"))
	_, err = gadgets.UpdateStatus(ctx, one, metav1.UpdateOptions{})
	must(err)
	ready.wait()
}

func parsed(text string) *unstructured.Unstructured {
	object := map[string]interface{}{}
	must(json.Unmarshal([]byte(text), &object))
	return &unstructured.Unstructured{Object: object}
}

// election: of two candidates one leads; when it lets go, the other.
func (p program) election(ctx context.Context) {
	led := make(chan string, 2)
	candidate := func(ctx context.Context, identity string) {
		leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta: metav1.ObjectMeta{Name: "election", Namespace: p.namespace}, Client: p.clients.CoordinationV1(),
				LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
			},
			ReleaseOnCancel: true, LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 500 * time.Millisecond,
			Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) { led <- identity }, OnStoppedLeading: func() {}},
		})
	}
	first, release := context.WithCancel(ctx)
	go candidate(first, "first")
	expect("leader", next(led), "first")
	second, end := context.WithCancel(ctx)
	defer end()
	go candidate(second, "second")
	release()
	expect("leader", next(led), "second")
}

func next(led chan string) string {
	select {
	case who := <-led:
		return who
	case <-time.After(patience):
		panic("nobody leads")
	}
}

func (p program) exec(ctx context.Context) {
	request := p.clients.CoreV1().RESTClient().Post().Resource("pods").Namespace(p.namespace).Name(p.pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: []string{"sh", "-c", "cat; echo oops >&2; exit 3"}, Stdin: true, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewSPDYExecutor(p.config, "POST", request.URL())
	must(err)
	var stdout, stderr bytes.Buffer
	err = executor.Stream(remotecommand.StreamOptions{Stdin: bytes.NewBufferString("hello"), Stdout: &stdout, Stderr: &stderr})
	expect("stdout", stdout.String(), "hello")
	expect("stderr", stderr.String(), "oops\n")
	expect("exit", err, "command terminated with exit code 3")
}
