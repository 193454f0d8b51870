// Go's net/http; exit code 0 when each page came with a status below 400.
//
// usage: client PROXY_WITH_LOGIN CA_FILE TIMEOUT TASK URL [FILE | URL]
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

func get(client *http.Client, method, target string, body io.Reader) error {
	request, err := http.NewRequest(method, target, body)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err = io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode >= 400 {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

func run(args []string) error {
	proxy, err := url.Parse(args[0])
	if err != nil {
		return fmt.Errorf("the proxy's URL cannot be read")
	}
	pem, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	seconds, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{
		Timeout: time.Duration(seconds) * time.Second,
		Transport: &http.Transport{
			Proxy:           http.ProxyURL(proxy),
			TLSClientConfig: &tls.Config{RootCAs: roots},
		},
	}
	switch args[3] {
	case "upload":
		body, err := os.ReadFile(args[5])
		if err != nil {
			return err
		}
		return get(client, "POST", args[4], bytes.NewReader(body))
	case "two":
		if err := get(client, "GET", args[4], nil); err != nil {
			return err
		}
		return get(client, "GET", args[5], nil)
	}
	return get(client, "GET", args[4], nil)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
