package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/**
 * References within the Kubernetes manifests resolve; {@link ImageIT} runs the pods. The processes
 * of the compose file use the ports that it publishes.
 */
final class ManifestsTest {
  private static final Path FOLDER = Path.of("src/main/container");

  private static final Map<String, String> VERSIONS =
      Map.of(
          "ConfigMap", "v1",
          "Service", "v1",
          "PodDisruptionBudget", "policy/v1",
          "StatefulSet", "apps/v1",
          "Job", "batch/v1");

  /** Returns the objects of a manifest. */
  private static List<Object> objects(String manifest) throws Exception {
    List<Object> objects = new ArrayList<>();
    new Yaml().loadAll(Files.readString(FOLDER.resolve(manifest))).forEach(objects::add);
    return objects;
  }

  /** Returns the value at a path of keys, such as {@code spec.replicas}. */
  private static Object at(Object from, String path) {
    Object found = find(from, path);
    if (found == null) {
      throw new AssertionError("no " + path + " in " + from);
    }
    return found;
  }

  private static @Nullable Object find(Object from, String path) {
    Object here = from;
    for (String key : path.split("\\.", -1)) {
      here = here == null ? null : ((Map<?, ?>) here).get(key);
    }
    return here;
  }

  private static List<Object> listAt(Object from, String path) {
    Object found = find(from, path);
    return found == null ? List.of() : List.copyOf((List<?>) found);
  }

  private static List<Object> ofKind(List<Object> objects, String kind) {
    return objects.stream().filter(object -> at(object, "kind").equals(kind)).toList();
  }

  private static Object named(List<Object> objects, String kind, Object name) {
    return ofKind(objects, kind).stream()
        .filter(object -> at(object, "metadata.name").equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"kubernetes.yaml", "kubernetes-cluster.yaml"})
  void namesLeadToObjects(String manifest) throws Exception {
    List<Object> objects = objects(manifest);
    for (Object object : objects) {
      assertThat(at(object, "apiVersion")).isEqualTo(VERSIONS.get(at(object, "kind")));
    }
    List<Object> sets = ofKind(objects, "StatefulSet");
    List<Object> labels =
        sets.stream().map(set -> at(set, "spec.template.metadata.labels")).toList();
    for (Object set : sets) {
      assertThat(at(set, "spec.selector.matchLabels"))
          .isEqualTo(at(set, "spec.template.metadata.labels"));
      Object service = named(objects, "Service", at(set, "spec.serviceName"));
      assertThat(at(service, "spec.clusterIP")).isEqualTo("None");
      assertThat(labels).contains(at(service, "spec.selector"));
      verifyPods(objects, set, listAt(set, "spec.volumeClaimTemplates"));
    }
    for (Object budget : ofKind(objects, "PodDisruptionBudget")) {
      assertThat(labels).contains(at(budget, "spec.selector.matchLabels"));
    }
    assertThat(ofKind(objects, "PodDisruptionBudget")).hasSameSizeAs(sets);
    for (Object job : ofKind(objects, "Job")) {
      assertThat(at(job, "spec.template.spec.restartPolicy")).isIn("OnFailure", "Never");
      verifyPods(objects, job, List.of());
    }
  }

  private static void verifyPods(List<Object> objects, Object owner, List<Object> claims) {
    List<Object> volumes = new ArrayList<>();
    claims.forEach(claim -> volumes.add(at(claim, "metadata.name")));
    List<Object> files = new ArrayList<>();
    for (Object volume : listAt(owner, "spec.template.spec.volumes")) {
      volumes.add(at(volume, "name"));
      Object map = named(objects, "ConfigMap", at(volume, "configMap.name"));
      ((Map<?, ?>) at(map, "data")).keySet().forEach(name -> files.add("/etc/redoubt/" + name));
    }
    for (Object container : listAt(owner, "spec.template.spec.containers")) {
      for (Object mount : listAt(container, "volumeMounts")) {
        assertThat(volumes).contains(at(mount, "name"));
      }
      assertThat(files).contains(listAt(container, "command").get(1));
      List<Object> ports =
          listAt(container, "ports").stream().map(port -> at(port, "name")).toList();
      for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
        Object port = find(container, probe + ".httpGet.port");
        assertThat(port == null || ports.contains(port)).as(probe).isTrue();
      }
      assertThat(at(container, "securityContext.allowPrivilegeEscalation")).isEqualTo(false);
      assertThat(at(container, "resources.limits.memory")).isNotNull();
    }
  }

  /**
   * Runs the commands of the services up to the server, whose place is taken by a print of its
   * configuration.
   */
  @Test
  void composePublishesThePortsOfItsProcesses(@TempDir Path folder) throws Exception {
    Object compose = objects("compose.yaml").getFirst();
    for (String server : List.of("redis-server", "redis-sentinel")) {
      Path fake = folder.resolve(server);
      Files.writeString(fake, "#!/bin/sh\ncat \"$1\"\n");
      assertThat(fake.toFile().setExecutable(true)).isTrue();
    }
    Set<String> published = new TreeSet<>();
    for (Map.Entry<?, ?> service : ((Map<?, ?>) at(compose, "services")).entrySet()) {
      Object settings = service.getValue();
      String port = at(settings, "environment.PORT").toString();
      assertThat(listAt(settings, "ports")).containsExactly("127.0.0.1:" + port + ":" + port);
      published.add(port);
      Path place = Files.createDirectory(folder.resolve(service.getKey().toString()));
      String script = listAt(settings, "command").getLast().toString().replace("$$", "$");
      ProcessBuilder builder = new ProcessBuilder("sh", "-c", script).directory(place.toFile());
      builder.environment().putAll(Map.of("NAME", service.getKey().toString(), "PORT", port));
      builder.environment().merge("PATH", folder.toString(), (path, own) -> own + ":" + path);
      Process process = builder.start();
      try (BufferedReader lines = process.inputReader()) {
        assertThat(lines.lines()).contains("port " + port);
      }
      assertThat(process.waitFor()).isZero();
    }
    assertThat(published).containsExactly("26379", "26380", "26381", "6379", "6380", "6381");
  }
}
