package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests control groups of both versions on simulated file trees. */
final class ControlGroupTest {
  @TempDir private Path root;

  private void file(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private ControlGroup group() {
    ControlGroup found = ControlGroup.below(root);
    assertThat(found).isNotNull();
    return found;
  }

  @Test
  void takesTheLeastLimitAboveAGroupOfVersion2() throws IOException {
    file("proc/self/cgroup", "0::/system.slice/redoubt.service\n");
    file("sys/fs/cgroup/system.slice/memory.max", "500\n");
    file("sys/fs/cgroup/system.slice/redoubt.service/memory.max", "max\n");
    file(
        "sys/fs/cgroup/system.slice/redoubt.service/memory.stat",
        "anon 70\nfile 1000\nanon_thp 9\nshmem 5\n");

    assertThat(group().limitBytes()).isEqualTo(500);
    assertThat(group().anonymousBytes()).isEqualTo(75);
  }

  @Test
  void takesTheHierarchyOfVersion1() throws IOException {
    file("proc/self/cgroup", "5:cpu,cpuacct:/\n3:memory:/a/b\n0::/\n");
    file("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    file(
        "sys/fs/cgroup/memory/a/b/memory.stat",
        "rss 1\nhierarchical_memory_limit 600\ntotal_rss 80\n");

    assertThat(group().limitBytes()).isEqualTo(600);
    assertThat(group().anonymousBytes()).isEqualTo(80);
  }

  @Test
  void takesTheLargestNumberOfVersion1ForNoLimit() throws IOException {
    file("proc/self/cgroup", "3:memory:/\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

    assertThat(group().limitBytes()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void takesTheMountPointWhereAContainerDoesNotSeeItsPath() throws IOException {
    file("proc/self/cgroup", "0::/docker/0123\n");
    file("sys/fs/cgroup/memory.max", "700\n");

    assertThat(group().limitBytes()).isEqualTo(700);
  }

  @Test
  void findsNothingWithoutTheKernelsFile() {
    assertThat(ControlGroup.below(root)).isNull();
  }

  @Test
  void hasNoLimitWhereNoneCanBeRead() throws IOException {
    file("proc/self/cgroup", "0::/\n");

    assertThat(group().limitBytes()).isEqualTo(Long.MAX_VALUE);
    assertThat(group().anonymousBytes()).isZero();
  }
}
