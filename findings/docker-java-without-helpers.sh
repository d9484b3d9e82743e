#!/usr/bin/env bash
# docker-java 3.7.1 (Java; plugins of Gradle, Maven and Jenkins are built on it): a config.json whose host has a credential helper, with
# an old entry beside it or with the empty one that `docker login` leaves there.
#
# The client reads that file by default, so one would guess that it reads it as docker does, or complains of what it does not know. It
# knows `auths` alone: the helper is not run, and nothing is said. Beside an old entry the old login is sent, and with the empty one a login
# without user and password, which looks like a refused key. A build that logs in by a helper in the shell so fails in the plugin.
#
# Seen: the old login, no login, and the login of the entry; the helper was never run.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.github.docker-java</groupId>
      <artifactId>docker-java-core</artifactId>
      <version>3.7.1</version>
    </dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib >log || { cat log >&2; exit 1; }

host=123456789012.dkr.ecr.eu-west-1.amazonaws.com
mkdir bin
cat >bin/docker-credential-fresh <<SH
#!/bin/sh
cat >/dev/null
touch "$folder/ran"
echo '{"ServerURL": "$host", "Username": "AWS", "Secret": "fresh"}'
SH
chmod +x bin/docker-credential-fresh
cat >Ask.java <<'JAVA'
import com.github.dockerjava.core.DefaultDockerClientConfig;

public class Ask {
  public static void main(String[] args) {
    var config = DefaultDockerClientConfig.createDefaultConfigBuilder().withDockerConfig(args[0]).build();
    var login = config.effectiveAuthConfig(args[1] + "/app:1");
    System.out.println(login.getUsername() + " " + login.getPassword());
  }
}
JAVA
entry="{\"auth\": \"$(printf 'AWS:entry' | base64)\"}"
ask() {
  echo "$1" >config.json
  env PATH="$folder/bin:$PATH" java -cp 'lib/*' Ask.java "$folder" "$host" 2>>log
}
seen="helper and old entry: $(ask "{\"credHelpers\": {\"$host\": \"fresh\"}, \"auths\": {\"$host\": $entry}}")
helper and empty entry: $(ask "{\"credHelpers\": {\"$host\": \"fresh\"}, \"auths\": {\"$host\": {}}}")
entry alone: $(ask "{\"auths\": {\"$host\": $entry}}")
the helper was $([ -e ran ] && echo run || echo never run)"
echo "$seen"
expected='helper and old entry: AWS entry
helper and empty entry: null null
entry alone: AWS entry
the helper was never run'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
