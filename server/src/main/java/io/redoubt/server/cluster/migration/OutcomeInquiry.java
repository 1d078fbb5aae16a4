package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.cluster.core.Node;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the target of a migration whether it has taken over. Uses connections of its own, one after
 * another, until the target answers.
 */
final class OutcomeInquiry implements TargetLink.User {
  private static final long TIMEOUT_MILLIS = 2000;

  private final MigrationParts parts;
  private final List<String> question;
  private final Consumer<Reply> answer;
  private @Nullable TargetLink link;

  /**
   * @param answer receives the reply, which may be an error
   */
  OutcomeInquiry(MigrationParts parts, List<String> question, Consumer<Reply> answer) {
    this.parts = parts;
    this.question = question;
    this.answer = answer;
  }

  /**
   * Connects and asks, or gives up a connection that has been silent for too long. Called
   * periodically.
   */
  void advance(Node target) {
    if (link == null) {
      TargetLink opened = new TargetLink(parts, this);
      link = opened;
      opened.connect(target);
    } else if (parts.nowMillis() - link.heardMillis() > TIMEOUT_MILLIS) {
      close();
    }
  }

  @Override
  public void onOpened() {
    if (link != null) {
      link.logIn();
      link.ask(this::onReply, question.toArray(String[]::new));
    }
  }

  private void onReply(Reply reply) {
    close();
    answer.accept(reply);
  }

  @Override
  public void onProgress() {
    // nothing to do: the reply goes to answered
  }

  @Override
  public void onBroken(String reason) {
    link = null;
  }

  void close() {
    if (link != null) {
      link.close();
      link = null;
    }
  }
}
