package io.redoubt.sentinel.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.ConfSchema;
import io.redoubt.protocol.config.ConfTemplate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Compares conf/sentinel.conf and conf/sentinel.schema.json with the declarations. To generate
 * them: {@code mvn -pl sentinel -am test -Dtest=SentinelConfFileTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dredoubt.writeConf=true}.
 */
final class SentinelConfFileTest {
  private static final Path FILE = Path.of("../conf/sentinel.conf");
  private static final Path SCHEMA = Path.of("../conf/sentinel.schema.json");
  private static final List<String> INTRODUCTION =
      List.of(
          "Configuration of a Redoubt sentinel, passed as the first argument: redis-sentinel"
              + " /path/to/sentinel.conf. The sentinel stores its state in this file, too, so it"
              + " must be writable.",
          "Generated from the declarations of the directives: every line shows the default unless"
              + " its comment says otherwise.",
          "A line is a name and its arguments, which may be quoted. A comment needs a line of its"
              + " own. Sizes take units: 1k is 1000 bytes, 1kb is 1024, likewise m, mb, g and gb.");

  @Test
  void equalsTheGeneratedFile() throws Exception {
    String text = ConfTemplate.of(new SentinelDirectives(), INTRODUCTION);
    if (Boolean.getBoolean("redoubt.writeConf")) {
      Files.writeString(FILE, text);
    }

    assertThat(Files.readString(FILE)).isEqualTo(text);
  }

  @Test
  void schemaEqualsTheGeneratedOne() throws Exception {
    String text =
        ConfSchema.of(new SentinelDirectives(), "Configuration of redis-sentinel in YAML");
    if (Boolean.getBoolean("redoubt.writeConf")) {
      Files.writeString(SCHEMA, text);
    }

    assertThat(Files.readString(SCHEMA)).isEqualTo(text);
  }

  @Test
  void watchesOneMaster() throws Exception {
    SentinelDirectives directives = new SentinelDirectives();

    directives.load(FILE.toAbsolutePath(), new byte[0], "");

    assertThat(directives.common.port.value()).isEqualTo(26379);
    assertThat(directives.sentinel.words())
        .contains(List.of("monitor", "mymaster", "127.0.0.1", "6379", "2"));
  }
}
