package io.redoubt.protocol.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.SharedMessage;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ChannelsTest {
  private static final class Listener implements Subscriber {
    final Subscriptions subscriptions = new Subscriptions();
    final ReplyCollector collector = new ReplyCollector(BufferMemory.offHeap());
    final ReplyWriter writer = new ReplyWriter(collector);

    Listener(int resp) {
      writer.setResp(resp);
    }

    @Override
    public Subscriptions subscriptions() {
      return subscriptions;
    }

    @Override
    public void confirm(Consumer<ReplyWriter> message) {
      message.accept(writer);
    }

    @Override
    public void push(Consumer<ReplyWriter> message) {
      message.accept(writer);
    }

    @Override
    public void push(SharedMessage message) {
      message.writeTo(writer);
    }

    /** Returns the messages received since the last call, as lines joined by blanks. */
    String heard() {
      String text = new String(collector.toByteArray(), StandardCharsets.UTF_8);
      collector.clear();
      return text.replace("\r\n", " ").strip();
    }
  }

  private final Channels channels = new Channels();
  private final Listener two = new Listener(2);
  private final Listener three = new Listener(3);

  private static ByteString name(String text) {
    return ByteString.of(text);
  }

  @Test
  void confirmsSubscriptions() {
    channels.subscribe(two, ChannelKind.CHANNEL, name("a"));
    assertThat(two.heard()).isEqualTo("*3 $9 subscribe $1 a :1");
    channels.subscribe(two, ChannelKind.CHANNEL, name("a"));
    assertThat(two.heard()).isEqualTo("*3 $9 subscribe $1 a :1");
    channels.subscribe(two, ChannelKind.PATTERN, name("b*"));
    assertThat(two.heard()).isEqualTo("*3 $10 psubscribe $2 b* :2");
    channels.subscribe(two, ChannelKind.SHARD_CHANNEL, name("c"));
    assertThat(two.heard()).isEqualTo("*3 $10 ssubscribe $1 c :1");
    assertThat(two.subscriptions.total()).isEqualTo(3);
    channels.subscribe(three, ChannelKind.CHANNEL, name("a"));
    assertThat(three.heard()).isEqualTo(">3 $9 subscribe $1 a :1");
    channels.unsubscribe(two, ChannelKind.CHANNEL, name("a"));
    assertThat(two.heard()).isEqualTo("*3 $11 unsubscribe $1 a :1");
    channels.unsubscribe(three, ChannelKind.CHANNEL, name("never"));
    assertThat(three.heard()).isEqualTo(">3 $11 unsubscribe $5 never :1");
  }

  @Test
  void unsubscribesFromAll() {
    channels.unsubscribeAll(two, ChannelKind.CHANNEL);
    assertThat(two.heard()).isEqualTo("*3 $11 unsubscribe $-1 :0");
    channels.unsubscribeAll(three, ChannelKind.PATTERN);
    assertThat(three.heard()).isEqualTo(">3 $12 punsubscribe _ :0");
    channels.subscribe(three, ChannelKind.CHANNEL, name("a"));
    channels.subscribe(three, ChannelKind.CHANNEL, name("b"));
    three.heard();
    channels.unsubscribeAll(three, ChannelKind.CHANNEL);
    assertThat(three.heard()).isEqualTo(">3 $11 unsubscribe $1 a :1 >3 $11 unsubscribe $1 b :0");
    assertThat(channels.active(ChannelKind.CHANNEL)).isEmpty();
  }

  @Test
  void deliversMessages() {
    channels.subscribe(two, ChannelKind.CHANNEL, name("news"));
    channels.subscribe(two, ChannelKind.PATTERN, name("n*"));
    channels.subscribe(three, ChannelKind.PATTERN, name("*s"));
    two.heard();
    three.heard();
    assertThat(channels.publish(name("news"), name("hello"))).isEqualTo(3);
    assertThat(two.heard())
        .isEqualTo("*3 $7 message $4 news $5 hello *4 $8 pmessage $2 n* $4 news $5 hello");
    assertThat(three.heard()).isEqualTo(">4 $8 pmessage $2 *s $4 news $5 hello");
    assertThat(channels.publish(name("other"), name("x"))).isZero();
  }

  @Test
  void shardChannelsHaveTheirOwnNamespace() {
    channels.subscribe(three, ChannelKind.SHARD_CHANNEL, name("a"));
    three.heard();
    assertThat(channels.publish(name("a"), name("x"))).isZero();
    ByteString a = name("a");
    ByteString x = name("x");
    assertThat(channels.publishToShard(a.asSegment(), 0, 1, x.asSegment(), 0, 1)).isEqualTo(1);
    assertThat(three.heard()).isEqualTo(">3 $8 smessage $1 a $1 x");
    assertThat(channels.active(ChannelKind.SHARD_CHANNEL)).containsExactly(a);
  }

  @Test
  void forgetsDisconnectedSubscribers() {
    channels.subscribe(two, ChannelKind.CHANNEL, name("a"));
    channels.subscribe(two, ChannelKind.PATTERN, name("a*"));
    channels.subscribe(three, ChannelKind.CHANNEL, name("a"));
    assertThat(channels.subscribers(ChannelKind.CHANNEL, name("a"))).isEqualTo(2);
    channels.forget(two);
    assertThat(channels.subscribers(ChannelKind.CHANNEL, name("a"))).isEqualTo(1);
    assertThat(channels.active(ChannelKind.PATTERN)).isEmpty();
    assertThat(two.subscriptions.total()).isZero();
    assertThat(channels.publish(name("a"), name("m"))).isEqualTo(1);
  }
}
