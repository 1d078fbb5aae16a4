package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The container image, without a container engine. */
final class ImageIT {
  private static final Path IMAGE = Path.of("src/main/package/image").toAbsolutePath();
  private static final Path RUNTIME = Distribution.HOME.resolve("runtime");
  private static final Path TESTS = Path.of("src/test/package").toAbsolutePath();
  private static final Path MANIFESTS = Path.of("src/main/container").toAbsolutePath();
  private static final String TIME = "2026-01-01T00:00:00Z";

  /** The image that all tests use; empty where they are skipped. */
  private static Path image = Path.of("");

  @TempDir private Path folder;

  private static Result run(Object... command) throws Exception {
    String[] words = new String[command.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = command[i].toString();
    }
    return Distribution.run(Distribution.PACKING, words);
  }

  @BeforeAll
  static void packForAll(@TempDir Path folder) throws Exception {
    if (Files.isDirectory(RUNTIME)) {
      image = folder.resolve("image.tar");
      pack(image);
    }
  }

  private static void pack(Path archive) throws Exception {
    assertThat(run(IMAGE, Distribution.HOME, TIME, archive)).isEqualTo(new Result(0, ""));
  }

  /** Returns the image. Tests with it require root, for the namespaces that act as containers. */
  private static Path image() throws Exception {
    assumeTrue(Files.isDirectory(RUNTIME), "no Java runtime");
    Distribution.assumeInstalled("curl");
    Distribution.assumeNamespaces();
    return image;
  }

  private Path work() throws Exception {
    return Files.createDirectory(folder.resolve("work"));
  }

  @Test
  void servesFromItsOwnFileSystemAsItsOwnUser() throws Exception {
    Result result = run(TESTS.resolve("life-of-image"), image(), work());
    assertThat(result).isEqualTo(new Result(0, "done\n"));
  }

  @Test
  void aGroupByTheManifestFailsOverAndTakesTheOldMasterBack() throws Exception {
    livesBy("kubernetes.yaml", "life-of-group");
  }

  @Test
  void aClusterByTheManifestFindsMovedPodsAndFailsOver() throws Exception {
    livesBy("kubernetes-cluster.yaml", "life-of-cluster");
  }

  private void livesBy(String manifest, String life) throws Exception {
    Result result = run(TESTS.resolve(life), image(), MANIFESTS.resolve(manifest), work());
    assertThat(result.status()).as(result.output()).isZero();
    assertThat(result.output()).endsWith("done\n");
  }

  @Test
  void theSameContentGivesTheSameBytes() throws Exception {
    assumeTrue(Files.isDirectory(RUNTIME), "no Java runtime");
    Path again = folder.resolve("again.tar");
    pack(again);
    assertThat(Files.mismatch(image, again)).isEqualTo(-1);
  }
}
