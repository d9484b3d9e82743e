// Does with a CredentialProviderConfig what the kubelet does, by the kubelet's own code: loads it, and looks images up.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"

	authenticationv1 "k8s.io/api/authentication/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
)

// What is asked for, as JSON on stdin.
type question struct {
	Config      string            `json:"config"`
	BinDir      string            `json:"binDir"`
	Images      []string          `json:"images"`
	Parallel    bool              `json:"parallel"`
	Annotations map[string]string `json:"annotations"`
	Token       string            `json:"token"`
}

type login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

type lookup struct {
	Image       string  `json:"image"`
	Credentials []login `json:"credentials"`
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	answer := map[string]any{}
	if err := register(asked); err != nil {
		answer["error"] = err.Error()
	} else {
		answer["lookups"] = lookups(asked)
	}
	json.NewEncoder(os.Stdout).Encode(answer)
}

func register(asked question) error {
	token := func(namespace, name string, request *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
		request.Status.Token = asked.Token
		return request, nil
	}
	account := func(namespace, name string) (*v1.ServiceAccount, error) {
		meta := metav1.ObjectMeta{Namespace: namespace, Name: name, UID: "sa-uid-1", Annotations: asked.Annotations}
		return &v1.ServiceAccount{ObjectMeta: meta}, nil
	}
	return plugin.RegisterCredentialProviderPlugins(asked.Config, asked.BinDir, token, account)
}

func lookups(asked question) []lookup {
	found := make([]lookup, len(asked.Images))
	var group sync.WaitGroup
	for index, image := range asked.Images {
		group.Add(1)
		look := func() {
			defer group.Done()
			keyring := plugin.NewExternalCredentialProviderDockerKeyring("default", "pod-1", "pod-uid-1", "default")
			credentials, _ := keyring.Lookup(image)
			found[index] = lookup{Image: image, Credentials: []login{}}
			for _, one := range credentials {
				found[index].Credentials = append(found[index].Credentials, login{one.Username, one.Password})
			}
		}
		if asked.Parallel {
			go look()
		} else {
			look()
		}
	}
	group.Wait()
	return found
}
