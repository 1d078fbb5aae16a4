package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.dist.reference.MarkdownFiles;
import io.redoubt.dist.reference.MarkdownPage;
import io.redoubt.dist.reference.MarkdownPage.Block;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The commands that README.md and the pages of {@code doc} show, run as typed by a reader: one
 * script per page, in an empty folder, with the distribution's programs in the PATH. A comment in
 * the line before a block exempts it: {@code shown by} names the tests that cover it, {@code not
 * run} gives a reason.
 */
@Timeout(600)
final class DocCommandsIT {
  private static final Pattern SHOWN = Pattern.compile("<!-- shown by (\\w+(?:, \\w+)*) -->");
  private static final Pattern NOT_RUN = Pattern.compile("<!-- not run: (\\S.*\\S) -->");
  private static final String ERROR_OF_CLUSTER = "(ERR|CLUSTERDOWN|MOVED|CROSSSLOT|TRYAGAIN) .*";
  private static final int LIMIT_SECONDS = 300;

  /**
   * Enters the namespaces' own {@code /proc} and network. Commands are traced to the script's
   * output, wherever they redirect their own; the last line names the failed one.
   */
  private static final String PREPARED =
      """
      mount -t proc proc /proc
      ip link set lo up
      export REDOUBT="$1" HOME="$2" PATH="$1/bin:$PATH" PS4='$ '
      cd "$2"
      exec 9>&1
      BASH_XTRACEFD=9
      set -E
      trap '{ status=$? command=$BASH_COMMAND; set +x; } 9>/dev/null; echo "FAILED with status $status: $command" >&9' ERR
      set -x
      """;

  @TempDir private Path folder;

  private static Stream<String> pages() throws IOException {
    return MarkdownFiles.guide().entrySet().stream()
        .filter(page -> !commands(page.getValue()).isEmpty())
        .map(Map.Entry::getKey);
  }

  /** Returns the blocks of a page to run. */
  private static List<Block> commands(MarkdownPage page) {
    return page.blocks().stream()
        .filter(block -> block.language().equals("sh") && !isExempt(block))
        .toList();
  }

  private static boolean isExempt(Block block) {
    return SHOWN.matcher(block.comment()).matches() || NOT_RUN.matcher(block.comment()).matches();
  }

  /** Requires root: namespaces keep the ports free and leave no process behind. */
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("pages")
  void theCommandsWorkInTheirOrder(String page) throws Exception {
    Distribution.assumeNamespaces();
    Distribution.assumeInstalled("bash");
    StringBuilder script = new StringBuilder(PREPARED);
    commands(MarkdownFiles.guide().get(page)).forEach(block -> script.append(block.code()));
    Path file = Files.writeString(folder.resolve("commands"), script);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Result result =
        Distribution.run(
            Map.of(),
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--net",
            "timeout",
            LIMIT_SECONDS + "",
            "bash",
            "-e",
            file.toString(),
            Distribution.HOME.toAbsolutePath().toString(),
            empty.toString());
    assertThat(result.status()).as("%s:%n%s", page, result.output()).isZero();
    List<String> lines = result.output().lines().toList();
    if (page.endsWith("cluster.md")) { // a key is read at the start and at the end
      assertThat(lines).as(page).noneMatch(line -> line.matches(ERROR_OF_CLUSTER));
      assertThat(lines).as(page).filteredOn(line -> line.equals("Ann")).hasSize(2);
    }
  }

  @Test
  void everyExemptionNamesTestsOrAReason() throws Exception {
    Set<String> tests = new TreeSet<>();
    Files.walkFileTree(
        MarkdownFiles.ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().matches(".*/src/test/.*(Test|IT)\\.java")) {
              tests.add(file.getFileName().toString().replace(".java", ""));
            }
            return FileVisitResult.CONTINUE;
          }

          /** Other tests make and delete files meanwhile. */
          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(tests).contains("DocCommandsIT");
    for (Map.Entry<String, MarkdownPage> page : MarkdownFiles.guide().entrySet()) {
      for (Block block : page.getValue().blocks()) {
        Matcher shown = SHOWN.matcher(block.comment());
        if (shown.matches()) {
          assertThat(tests).as(page.getKey()).contains(shown.group(1).split(", "));
        } else if (block.comment().matches("(?s)<!-- *(shown|not run).*")) {
          assertThat(isExempt(block)).as("%s: %s", page.getKey(), block.comment()).isTrue();
        }
      }
    }
  }
}
