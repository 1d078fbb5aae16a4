package io.redoubt.dist.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The schemas of the configuration, which are put together as text. */
final class SchemaFilesTest {
  private static JsonObject properties(String file) throws Exception {
    String text = Files.readString(Path.of("../conf", file));
    return new Gson().getAdapter(JsonObject.class).fromJson(text).getAsJsonObject("properties");
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis.schema.json", "sentinel.schema.json"})
  void areStrictJson(String file) throws Exception {
    assertThat(properties(file).keySet()).contains("port", "loglevel", "tls-port");
  }

  @Test
  void acceptAnAutomaticNumber() throws Exception {
    assertThat(properties("redis.schema.json").getAsJsonObject("io-threads").get("anyOf"))
        .hasToString(
            "[{\"const\":\"auto\"},{\"type\":\"integer\",\"minimum\":1,\"maximum\":128},"
                + "{\"type\":\"string\",\"pattern\":\"[$][{]\"}]");
  }
}
