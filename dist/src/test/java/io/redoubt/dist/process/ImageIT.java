package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The container image, without a container engine. */
final class ImageIT {
  private static final Path IMAGE = Path.of("src/main/package/image").toAbsolutePath();
  private static final Path LIFE = Path.of("src/test/package/life-of-image").toAbsolutePath();

  @TempDir private Path folder;

  private static Result run(Object... command) throws Exception {
    String[] words = new String[command.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = command[i].toString();
    }
    return Distribution.run(Map.of(), words);
  }

  /** Needs root for the namespaces that take the place of a container. */
  @Test
  void servesFromItsOwnFileSystemAsItsOwnUser() throws Exception {
    assumeTrue(Files.isDirectory(Distribution.HOME.resolve("runtime")), "no Java runtime");
    assumeTrue(run("sh", "-c", "command -v unshare && command -v ip").status() == 0, "no unshare");
    assumeTrue(
        run("unshare", "--mount", "--pid", "--fork", "--net", "true").status() == 0, "no root");
    Path archive = folder.resolve("image.tar");
    assertThat(run(IMAGE, Distribution.HOME, "2026-01-01T00:00:00Z", archive))
        .isEqualTo(new Result(0, ""));
    Path work = Files.createDirectory(folder.resolve("work"));
    assertThat(run(LIFE, archive, work)).isEqualTo(new Result(0, "done\n"));
  }

  @Test
  void theSameContentGivesTheSameBytes() throws Exception {
    assumeTrue(Files.isDirectory(Distribution.HOME.resolve("runtime")), "no Java runtime");
    Path first = folder.resolve("first.tar");
    Path second = folder.resolve("second.tar");
    for (Path archive : new Path[] {first, second}) {
      assertThat(run(IMAGE, Distribution.HOME, "2026-01-01T00:00:00Z", archive))
          .isEqualTo(new Result(0, ""));
    }
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
  }
}
