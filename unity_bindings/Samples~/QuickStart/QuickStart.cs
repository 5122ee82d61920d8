using Rallypoint;
using UnityEngine;

public sealed class QuickStart : MonoBehaviour {
    async void Start() {
        RallypointClient client = GetComponent<RallypointBehaviour>().Client;
        client.InviteReceived += async invite => {
            client.Invites.MarkShown(invite.Id);
            GameAccess game = await client.Invites.AcceptAsync(invite.Id);
            Debug.Log("Play " + invite.SenderName + " at " + game.ServerAddress + ":" + game.ServerPort);
        };
        RallypointUser me = await client.SignInAsGuestAsync("Ada");
        Debug.Log("Invite me: " + me.FullName);
    }
}
