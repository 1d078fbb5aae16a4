package io.redoubt.dist.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.settings.ServerDirectives;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that servers and sentinels include may contain any directive of a server. */
final class CommonFileTest {
  @TempDir private Path folder;

  private SentinelDirectives loaded(List<String> lines) throws Exception {
    Path common = Files.write(folder.resolve("common.conf"), lines);
    Path file =
        Files.writeString(
            folder.resolve("sentinel.conf"),
            """
            include %s
            sentinel monitor mymaster 127.0.0.1 6379 2
            sentinel parallel-syncs mymaster 0
            """
                .formatted(common));
    SentinelDirectives sentinel = new SentinelDirectives();
    sentinel.load(file, new byte[0], "");
    sentinel.finish();
    return sentinel;
  }

  @Test
  void mayHoldEachDirectiveOfAServer() throws Exception {
    List<String> lines = new ArrayList<>();
    for (Directive<?, ?> directive : new ServerDirectives().all()) {
      List<String> names = new ArrayList<>(directive.aliases());
      names.addAll(directive.newerNames());
      names.add(directive.name());
      String value = directive.text().isEmpty() ? "\"\"" : directive.text();
      if (new SentinelDirectives().find(directive.name()) == null) {
        names.forEach(name -> lines.add(name + " " + value));
      }
    }
    assertThat(lines).hasSizeGreaterThan(150);
    lines.removeIf(line -> line.matches("(replicaof|slaveof) .*"));
    lines.addAll(List.of("replicaof 10.0.0.1 6379", "slaveof no one", "loadmodule /x.so"));
    lines.addAll(List.of("rename-command SHUTDOWN \"\"", "list-max-ziplist-entries 512"));
    List<String> passedOver = loaded(lines).passedOver();
    assertThat(passedOver).contains("masterauth", "cluster-enabled", "replicaof", "loadmodule");
  }

  /** The log names the ignored lines, some of which contain passwords. */
  @Test
  void namesIgnoredDirectivesWithoutTheirValues() throws Exception {
    assertThat(loaded(List.of("masterauth secret", "masterauth secret", "hz 10")).passedOver())
        .containsExactly("masterauth", "hz");
  }
}
