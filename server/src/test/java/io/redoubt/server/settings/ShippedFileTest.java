package io.redoubt.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.ConfSchema;
import io.redoubt.protocol.config.ConfTemplate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Compares conf/redis.conf and conf/redis.schema.json with the declarations. To generate them:
 * {@code mvn -pl server -am test -Dtest=ShippedFileTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dredoubt.writeConf=true}.
 */
final class ShippedFileTest {
  private static final Path FILE = Path.of("../conf/redis.conf");
  private static final Path SCHEMA = Path.of("../conf/redis.schema.json");
  private static final List<String> INTRODUCTION =
      List.of(
          "Configuration of a Redoubt server, passed as the first argument:"
              + " redis-server /path/to/redis.conf. Options on the command line (--port 7000) and"
              + " lines from standard input (last argument -) are appended to it and override it.",
          "Generated from the declarations of the directives: every line shows the default unless"
              + " its comment says otherwise. Files of Redis 3.2 to 7.2 are accepted.",
          "A line is a name and its arguments, which may be quoted. A comment needs a line of its"
              + " own. Sizes take units: 1k is 1000 bytes, 1kb is 1024, likewise m, mb, g and gb.",
          "The line include /path/to/more.conf reads other files in its place; * and ? match"
              + " several. The last line of a directive wins.");

  @Test
  void equalsTheGeneratedFile() throws Exception {
    String text = ConfTemplate.of(new ServerDirectives(), INTRODUCTION);
    if (Boolean.getBoolean("redoubt.writeConf")) {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, text);
    }

    assertThat(Files.readString(FILE)).isEqualTo(text);
  }

  @Test
  void schemaEqualsTheGeneratedOne() throws Exception {
    String text = ConfSchema.of(new ServerDirectives(), "Configuration of redis-server in YAML");
    if (Boolean.getBoolean("redoubt.writeConf")) {
      Files.writeString(SCHEMA, text);
    }

    assertThat(Files.readString(SCHEMA)).isEqualTo(text);
  }

  @Test
  void setsTheDefaultsExceptStatedValues() throws Exception {
    ServerDirectives settings = new ServerDirectives();
    settings.load(FILE.toAbsolutePath(), new byte[0], "");

    Map<String, String> shipped = settings.get(List.of("*"));
    Map<String, String> defaults = new ServerDirectives().get(List.of("*"));
    shipped.entrySet().removeAll(defaults.entrySet());
    assertThat(shipped.keySet()).containsExactlyInAnyOrder("bind", "pidfile");
  }
}
