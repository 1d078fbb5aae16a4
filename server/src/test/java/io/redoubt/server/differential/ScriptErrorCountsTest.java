package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;

import io.redoubt.protocol.RealRedis;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The errors of scripts count as in a real Redis: once for the command that fails, and once for the
 * script's command if the error is its reply.
 */
final class ScriptErrorCountsTest {
  private static final Pattern COUNTED =
      Pattern.compile("errorstat_.*|total_error_replies:.*|cmdstat_(?!info|config).*");

  private static final List<String> SCRIPTS =
      List.of(
          "return redis.error_reply('MY_CODE custom')",
          "return redis.error_reply('')",
          "return redis.error_reply('-NEG x')",
          "return {err='PLAIN x'}",
          "return {err='word'}",
          "return {err='" + "x".repeat(30) + " long'}",
          "return {err='" + "x".repeat(31) + " long'}",
          "return {redis.error_reply('A x'), redis.error_reply('B y')}",
          "return {redis.pcall('select', 99), redis.error_reply('B y'), redis.pcall('select',"
              + " 9e9)}",
          "return {err='OWN x', ignore_error_stats_update=true}",
          "return redis.call('select', 99)",
          "return redis.pcall('select', 99)",
          "redis.pcall('select', 99) return 1",
          "return {err=redis.pcall('select', 99).err}",
          "error(redis.pcall('select', 99))",
          "return redis.call('nosuch')",
          "return redis.pcall('nosuch')",
          "redis.pcall('nosuch') return 1",
          "return redis.call('get')",
          "redis.pcall('get') return 1",
          "return redis.pcall('subscribe', 'x')",
          "return redis.call('eval', 'x', 0)",
          "return redis.call()",
          "redis.pcall() return 1",
          "error('boom')",
          "error({err='CODE x'})",
          "error(redis.error_reply('CODE2 x'))",
          "return nosuchvariable",
          "return redis.pcall('select', 99).ignore_error_stats_update",
          "return redis.pcall('nosuch').ignore_error_stats_update",
          "return redis.pcall().ignore_error_stats_update",
          "not Lua");

  private static final List<String> WRITES =
      List.of(
          "return redis.call('set', 'x', 'y')",
          "return redis.pcall('set', 'x', 'y')",
          "redis.pcall('set', 'x', 'y') return 1",
          "#!lua\nreturn 1",
          "#!lua flags=no-writes\nreturn redis.call('set', 'x', 'y')");

  @TempDir private Path directory;

  @Test
  void countsErrorsLikeRedis() throws Exception {
    RealRedis.assumeInstalled();
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 1, "2")) {
      for (String script : SCRIPTS) {
        counted(conversation, "EVAL", script, "0");
      }
      for (String script : WRITES) {
        counted(conversation, "EVAL_RO", script, "0");
      }
      counted(conversation, "EVALSHA", "0".repeat(40), "0");
      counted(
          conversation,
          "FUNCTION",
          "LOAD",
          "#!lua name=l\n"
              + "redis.register_function('f', function() return redis.error_reply('FN x') end)\n"
              + "redis.register_function('g', function() return redis.call('select', 99) end)");
      counted(conversation, "FCALL", "f", "0");
      counted(conversation, "FCALL", "g", "0");
      counted(conversation, "FCALL", "nosuch", "0");
      conversation.say(0, "CONFIG RESETSTAT");
      conversation.say(0, "MULTI");
      conversation.say(0, List.of(bytes("EVAL"), bytes(SCRIPTS.getFirst()), bytes("0")));
      conversation.say(0, "EXEC");
      expectSameCounts(conversation);
      conversation.say(0, "CONFIG SET maxmemory 1");
      for (String script : WRITES) {
        counted(conversation, "EVAL", script, "0");
      }
    }
  }

  private static void counted(Conversation conversation, String... words) {
    conversation.say(0, "CONFIG RESETSTAT");
    List<byte[]> request = new ArrayList<>();
    for (String word : words) {
      request.add(bytes(word));
    }
    conversation.say(0, request);
    expectSameCounts(conversation);
  }

  private static void expectSameCounts(Conversation conversation) {
    conversation.expectSame(
        "counts",
        counts(conversation.askReal(0, bytes("INFO"), bytes("everything"))),
        counts(conversation.askOurs(0, bytes("INFO"), bytes("everything"))));
  }

  private static String counts(byte[] info) {
    Matcher matcher = COUNTED.matcher(new String(info, StandardCharsets.ISO_8859_1));
    return matcher
        .results()
        .map(line -> line.group().strip().replaceFirst(",usec=.*?,usec_per_call=[^,]*", ""))
        .sorted()
        .collect(Collectors.joining("\n"));
  }
}
