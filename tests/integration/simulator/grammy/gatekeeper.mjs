// The gatekeeper written with grammY: node gatekeeper.mjs TOKEN API_ROOT CHANNEL [SECRET]
// With a secret it serves a webhook on a free port and registers it; otherwise it polls.
import { createServer } from "node:http";
import { Bot, InlineKeyboard, webhookCallback } from "grammy";

const [token, apiRoot, channelText, secret] = process.argv.slice(2);
const channel = Number(channelText);
const updates = ["message", "chat_member", "callback_query", "chat_join_request"];
const everything = [
  "messages", "audios", "documents", "photos", "videos", "video_notes", "voice_notes", "polls",
  "other_messages",
].map((kind) => `can_send_${kind}`).concat([
  "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages",
  "can_manage_topics",
]);
const free = Object.fromEntries(everything.map((name) => [name, true]));

const bot = new Bot(token, { client: { apiRoot } });

const present = (member) =>
  ["creator", "administrator", "member"].includes(member.status) ||
  (member.status === "restricted" && member.is_member);
const subscribed = async (user) => present(await bot.api.getChatMember(channel, user));

bot.on("chat_member", async (ctx) => {
  const { old_chat_member: before, new_chat_member: after, chat } = ctx.chatMember;
  if (chat.id === channel || present(before) || !present(after) || after.user.is_bot) return;
  if (await subscribed(after.user.id)) return;
  await ctx.api.restrictChatMember(chat.id, after.user.id, { can_send_messages: false });
  await ctx.reply("Join the channel to speak", {
    reply_markup: new InlineKeyboard().text("Verify", `verify:${after.user.id}`),
  });
});

bot.on("callback_query:data", async (ctx) => {
  if (!(await subscribed(ctx.from.id))) {
    await ctx.answerCallbackQuery({ text: "Not yet", show_alert: true });
    return;
  }
  await ctx.restrictChatMember(ctx.from.id, free);
  await ctx.answerCallbackQuery({ text: "Welcome" });
  await ctx.editMessageText("Welcome");
});

bot.on("chat_join_request", async (ctx) => {
  const request = ctx.chatJoinRequest;
  if (await subscribed(request.from.id)) {
    await ctx.approveChatJoinRequest(request.from.id);
  } else {
    await ctx.api.sendMessage(request.user_chat_id, "Join the channel first");
    await ctx.declineChatJoinRequest(request.from.id);
  }
});

bot.command("ping", (ctx) => ctx.reply("pong"));

await bot.init();
if (secret === undefined) {
  bot.start({ allowed_updates: updates, onStart: () => console.log("ready") });
} else {
  const server = createServer(webhookCallback(bot, "http", { secretToken: secret }));
  server.listen(0, "127.0.0.1", async () => {
    const url = `http://127.0.0.1:${server.address().port}/`;
    await bot.api.setWebhook(url, { secret_token: secret, allowed_updates: updates });
    console.log("ready");
  });
}
